// The vectors that native code passes, in WebAssembly as the browser gets it: RFC 8037, Wycheproof, the edges of the curve.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT, TARGET } from './support/program.mjs';

const OUT = join(TARGET, 'interop-wasm');

function run(command, args, env) {
  const done = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } });
  assert.equal(done.status, 0, `${command} ${args.join(' ')}`);
}

// As `offline.wasm` is compiled.
const FLAGS = '-C target-feature=+simd128 --cfg sha2_backend="soft" --cfg sha2_backend_soft="compact"';

/** Builds the module and instantiates it. */
async function load() {
  const target = 'wasm32-unknown-unknown';
  run('cargo', [
    'build', '--quiet', '--package', 'invite-key', '--features', 'issue,wasm', '--example', 'vectors',
    '--target', target, '--profile', 'wasm',
  ], { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: FLAGS, RUSTFLAGS: undefined });
  run('cargo', [
    'run', '--quiet', '--package', 'xtask', '--features', 'bindgen', '--bin', 'xtask-bindgen', '--',
    join(TARGET, target, 'wasm', 'examples', 'vectors.wasm'), OUT, 'vectors', '--dev',
  ]);
  const module = await import(pathToFileURL(join(OUT, 'vectors.js')));
  module.initSync({ module: readFileSync(join(OUT, 'vectors_bg.wasm')) });
  return module;
}

const VECTORS = [
  'rfc_8037_appendix_a',
  'wycheproof',
  'points_with_a_part_of_small_order_are_judged_as_dalek_judges_them',
  'encodings_that_are_not_canonical_are_refused',
  'a_second_half_of_the_order_or_more_is_refused',
  'every_bit_of_key_message_and_signature_counts',
];

test('every vector passes in WebAssembly', async (t) => {
  const module = await load();
  for (const name of VECTORS) {
    await t.test(name, () => module[name]());
  }
});
