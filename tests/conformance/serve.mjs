// Starts the real server with the conformance page beside its own pages. By itself: node serve.mjs, then open the address.
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startServer } from '../support/server.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '..', '..');
const ENDS = ['.html', '.css', '.js', '.json', '.jsonl'];

/**
 * A folder with pages, database and secret, and a way to start a server over them, again and again.
 * `page` is the conformance page's path.
 */
export function stage() {
  const folder = mkdtempSync(join(tmpdir(), 'invite-conformance-'));
  const www = join(folder, 'www');
  const database = join(folder, 'data', 'invites.db');
  cpSync(join(ROOT, 'www'), www, { recursive: true });
  cpSync(HERE, join(www, 'conformance'), { recursive: true, filter: (path) => !/\.\w+$/.test(path) || ENDS.some((end) => path.endsWith(end)) });
  cpSync(join(HERE, '..', 'fixtures', 'webstrates-1.8.jsonl'), join(www, 'conformance', 'webstrates-1.8.jsonl'));
  mkdirSync(join(folder, 'data'));
  return {
    page: '/site/conformance/index.html',
    data: join(folder, 'data'),
    start: (options = {}) => startServer({
      ...options, args: ['--www', www, '--sdk', join(ROOT, 'pkg'), '--database', database, '--log', 'debug', ...options.args ?? []],
    }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { page, start, remove } = stage();
  const server = await start();
  console.log(`Open ${server.url}${page} in any browser; Ctrl-C ends it.`);
  process.once('SIGINT', async () => {
    await server.stop();
    remove();
  });
}
