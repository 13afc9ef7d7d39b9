// schemathesis reads the server's own OpenAPI document and holds the server to it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pythonWith, TARGET } from '../support/python.mjs';
import { setMember, signIn, startServer } from '../support/server.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
/** At least so many cases altogether. */
const CASES = process.env.INVITE_FULL ? 2000 : 300;
/** For each call, beside those that follow from the document's limits and the chains of calls. */
const EACH = process.env.INVITE_FULL ? 60 : 6;

let bin;
before(() => { bin = pythonWith('openapi-python', join(HERE, 'requirements.txt')); });

/** How many cases schemathesis tried; whatever one of them broke is an error that says how to do it again. */
async function hold(url, headers) {
  // It keeps notes where it stands.
  const folder = join(TARGET, 'openapi');
  mkdirSync(folder, { recursive: true });
  const child = spawn(join(bin, 'schemathesis'), [
    '--no-color', '--config-file', join(HERE, 'schemathesis.toml'), 'run', `${url}/api/v1/openapi.json`,
    '--max-examples', String(EACH), '--warnings', 'off',
    ...Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
  ], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => { said += text; });
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const short = said.split('\n').map((line) => (line.length > 2000 ? `${line.slice(0, 2000)} …` : line)).join('\n');
  assert.equal(status, 0, short);
  return Number(/(\d+) generated/.exec(said)?.[1] ?? assert.fail(said));
}

test('the server does what its OpenAPI document says', { timeout: 1_200_000 }, async (t) => {
  assert.ok(bin, 'Python with venv is missing (Debian: apt-get install python3-venv)');
  const server = await startServer({ args: ['--log', 'error'] });
  t.after(() => server.stop());
  const { bearer } = await signIn(server.url, 'alice');
  let cases = 0;
  for (const [who, headers] of [
    ['alice', { Authorization: `Bearer ${bearer}` }],
    ['nobody', {}],
  ]) {
    await t.test(`for ${who}`, async (inner) => {
      // Whoever was here before may have left nothing to find.
      for (const resource of ['notes', 'roadmap']) await setMember(server.url, resource, 'alice', 'arw');
      const tried = await hold(server.url, headers);
      inner.diagnostic(`${tried} cases`);
      cases += tried;
    });
  }
  assert.ok(cases >= CASES, `only ${cases} cases`);
  assert.doesNotMatch(server.stderr, /ERROR|panicked/);
});
