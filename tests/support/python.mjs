// Python programs that tests need, each set in a virtual environment of its own under `target/`.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');

const run = (command, args) => spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** The `bin` folder of a virtual environment with these requirements; `undefined` where there is no Python. */
export function pythonWith(name, requirements) {
  const found = ['python3', 'python'].find((program) => run(program, ['-m', 'venv', '--help']).status === 0);
  if (!found) return undefined;
  const place = join(TARGET, name);
  const bin = join(place, process.platform === 'win32' ? 'Scripts' : 'bin');
  const stamp = join(place, 'requirements.txt');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return bin;
  mkdirSync(TARGET, { recursive: true });
  const made = run(found, ['-m', 'venv', place]);
  assert.equal(made.status, 0, made.stderr + made.stdout);
  const installed = run(join(bin, 'python'), [
    '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements,
  ]);
  assert.equal(installed.status, 0, installed.stderr);
  writeFileSync(stamp, wanted);
  return bin;
}
