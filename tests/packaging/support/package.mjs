// The package as a stranger gets it: packed by npm, installed from the tarball into a project of its own.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

const run = promisify(execFile);
const here = dirname(fileURLToPath(import.meta.url));
const tests = join(here, '..', '..');
export const packageFolder = join(tests, '..', 'pkg');

/** A temporary folder that goes with the test `t`. */
export async function temporaryFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), 'invite-keys-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** `npm pack`: the tarball's path and the names of the files in it. */
export async function pack(folder) {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], { cwd: packageFolder });
  // npm 12 answers with an object by package name, earlier ones with a list.
  const answer = JSON.parse(stdout);
  const [{ filename, files }] = Array.isArray(answer) ? answer : Object.values(answer);
  return { tarball: join(folder, filename), files: files.map(({ path }) => path).sort() };
}

/**
 * A project with the tarball installed, and `files` of `projects/` copied in. `links` are packages that it takes from the
 * tests' own node_modules, so that nothing is downloaded.
 */
export async function installedProject(t, { files = [], links = [] } = {}) {
  const folder = await temporaryFolder(t);
  const { tarball } = await pack(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ name: 'a-stranger', private: true, type: 'module' }));
  await run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', tarball], { cwd: folder });
  for (const file of files) await cp(join(here, '..', 'projects', file), join(folder, file), { recursive: true });
  for (const name of links) {
    await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true });
    await symlink(join(tests, 'node_modules', name), join(folder, 'node_modules', name), 'dir');
  }
  return folder;
}
