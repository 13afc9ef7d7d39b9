// The vectors that native code passes, in the module that pages load: RFC 8037, Wycheproof, the edges of the curve. What it
// computes with has other arithmetic and other tables than native code.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { initSync, verifySignature } from '../../pkg/wasm/offline.js';
import { ROOT } from './support/program.mjs';

initSync({ module: readFileSync(new URL('../../pkg/wasm/offline_bg.wasm', import.meta.url)) });

/** Every signature that the native tests verify, and their verdict. */
function vectors() {
  const args = ['run', '--quiet', '--package', 'invite-key', '--features', 'issue', '--example', 'vectors'];
  const { status, stdout } = spawnSync('cargo', args, {
    cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8', maxBuffer: 1 << 26,
  });
  assert.equal(status, 0, 'the example `vectors`');
  return stdout.trim().split('\n').map((line) => {
    const [key, message, signature, verdict] = line.split(' ');
    return { parts: [key, message, signature].map((hex) => Buffer.from(hex, 'hex')), isRight: verdict === 'right' };
  });
}

test('every signature gets in WebAssembly the verdict that native code gives, cold and warm', (t) => {
  const all = vectors();
  const right = all.filter(({ isRight }) => isRight).length;
  assert.ok(right > 100 && all.length - right > 1000, `${right} of ${all.length}: too few of one sort`);
  for (const { parts, isRight } of all) {
    for (const isWarm of [false, true]) {
      assert.equal(verifySignature(...parts, isWarm), isRight, `${parts.map((part) => part.toString('hex'))} ${isWarm ? 'warm' : 'cold'}`);
    }
  }
  t.diagnostic(`${all.length} signatures, ${right} of them right`);
});
