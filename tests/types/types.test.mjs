// `tsc`, as strict as it gets, over programs that use the package's hand-written types: every way to resolve it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const tsc = join(here, '..', 'node_modules', 'typescript', 'bin', 'tsc');
const projects = readdirSync(here).filter((name) => name.endsWith('.json') && name !== 'base.json');

for (const project of projects) {
  test(`tsc --project ${project}`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '--project', project], { cwd: here, encoding: 'utf8' });
    assert.equal(status, 0, `${stdout}${stderr}`);
  });
}
