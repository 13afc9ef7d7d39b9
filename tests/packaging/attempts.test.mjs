// Attempts to load: a call that waits begins another where nothing is heard of the last, what comes first counts, and what
// is not of one build is not put together. In Node, whose own ways of getting the WebAssembly are put aside.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { mock, test } from 'node:test';

const PACKAGE = new URL('../../pkg/', import.meta.url);
const wasm = (name) => readFile(new URL(`wasm/${name}_bg.wasm`, PACKAGE));
const real = globalThis.setTimeout;
const never = () => new Promise(() => {});
let copies = 0;

/** A copy of the package of its own, and what of each part was asked for. `answers` is what comes, one after the other. */
async function fresh(answers) {
  const sdk = await import(`${PACKAGE}index.js?copy=${copies += 1}`);
  const asked = {};
  for (const part of ['core', 'offline', 'find', 'qr']) {
    const bytes = await wasm(part);
    asked[part] = [];
    sdk.within.parts[part].wasm = (how) => {
      const turn = asked[part].push(how) - 1;
      return answers[turn]?.(bytes, part) ?? bytes;
    };
  }
  return { ...sdk, asked };
}

/** Turns of the event loop, in which nothing but the false clock makes time pass. */
const turns = async (count = 20) => { for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => { real(resolve, 2); }); };

/** How a promise has ended, if it has; `over` waits until it has. */
function ends(promise) {
  const end = {};
  end.over = promise.then(() => 'answered', ({ code }) => code).then((how) => (end.how = how));
  return end;
}

/** A clock that moves when it is told to. */
function clock(t) {
  let time = 0;
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  t.mock.method(performance, 'now', () => time);
  return async (milliseconds) => {
    time += milliseconds;
    mock.timers.tick(milliseconds);
    await turns();
  };
}

const CALLS = {
  core: ({ connect }, timeout) => connect({ server: 'https://invites.example', dialect: 'http' }).check('nothing', undefined, { timeout }),
  offline: ({ parseLink }) => parseLink('https://x.example/'),
  find: ({ find }) => find('x'),
  qr: ({ qrCode }) => qrCode('https://x.example/'),
};

for (const [part, call] of Object.entries(CALLS)) {
  test(`${part}: a first attempt that hangs costs a waiting call half of its time`, async (t) => {
    const tick = clock(t);
    const sdk = await fresh([never]);
    const end = ends(call(sdk));
    await turns();
    await tick(4_999);
    assert.deepEqual([sdk.asked[part].length, end.how], [1, undefined]);
    await tick(1);
    assert.deepEqual(sdk.asked[part], [{}, { cache: 'reload' }]);
    assert.equal(await end.over, part === 'core' ? 'malformed_key' : 'answered');
  });
}

test('what is merely slow is loaded once', async (t) => {
  const tick = clock(t);
  let come;
  const sdk = await fresh([(bytes) => new Promise((resolve) => { come = () => resolve(bytes); })]);
  const end = ends(CALLS.core(sdk));
  await tick(4_000);
  come();
  assert.deepEqual([await end.over, sdk.asked.core.length], ['malformed_key', 1]);
  await tick(60_000);
  assert.equal(sdk.asked.core.length, 1, 'no timer stays');
});

test('what comes first counts, the slow attempt too', async (t) => {
  const tick = clock(t);
  let come;
  const sdk = await fresh([(bytes) => new Promise((resolve) => { come = () => resolve(bytes); }), never]);
  const end = ends(CALLS.core(sdk));
  await tick(6_000);
  assert.equal(sdk.asked.core.length, 2);
  come();
  assert.equal(await end.over, 'malformed_key');
});

test('an attempt that fails beside one that is under way fails nobody', async (t) => {
  const tick = clock(t);
  let come;
  const fails = () => { throw new Error('offline'); };
  const sdk = await fresh([(bytes) => new Promise((resolve) => { come = () => resolve(bytes); }), fails]);
  const end = ends(CALLS.core(sdk));
  await tick(6_000);
  assert.deepEqual([sdk.asked.core.length, end.how], [2, undefined]);
  come();
  assert.equal(await end.over, 'malformed_key');
});

test('a call of half a minute asks again and again; one of half a second leaves it to others', async (t) => {
  const tick = clock(t);
  const sdk = await fresh([never, never, never]);
  const [long, short] = [ends(CALLS.core(sdk, 35_000)), ends(CALLS.core(sdk, 500))];
  await turns();
  await tick(500);
  assert.deepEqual([sdk.asked.core.length, short.how], [1, 'timeout']);
  for (const seconds of [9.5, 10, 10]) await tick(seconds * 1000);
  assert.deepEqual([await long.over, sdk.asked.core.length], ['malformed_key', 4]);
});

test('all who wait share what one of them began', async (t) => {
  const tick = clock(t);
  const sdk = await fresh([never]);
  const all = Array.from({ length: 20 }, () => ends(CALLS.core(sdk)));
  await tick(5_000);
  assert.deepEqual(new Set(await Promise.all(all.map(({ over }) => over))), new Set(['malformed_key']));
  assert.equal(sdk.asked.core.length, 2);
});

/** The section that names a module's build stands behind the header: `00 09 08` and eight letters. */
const [HEADER, SECTION] = [8, 11];

/** The same module, as another build has made it. */
function ofAnotherBuild(bytes) {
  const other = Buffer.from(bytes);
  other[HEADER + SECTION - 1] ^= 1;
  return other;
}

/** The same, as it was before modules named their build. */
const ofBefore = (bytes) => Buffer.concat([bytes.subarray(0, HEADER), bytes.subarray(HEADER + SECTION)]);

test('two builds are not put together: the error names both files, and the right one does it', async () => {
  for (const [part, call] of Object.entries(CALLS)) {
    for (const wrong of [ofAnotherBuild, ofBefore]) {
      const sdk = await fresh([wrong]);
      const error = await call(sdk).then(() => assert.fail('it loaded'), (error) => error);
      assert.deepEqual([error.code, error.retryable], ['load_failed', true]);
      assert.ok(error.message.startsWith(`${part === 'core' ? 'index' : `wasm/${part}`}.js and wasm/${part}_bg.wasm `) && error.message.includes('deploy both'), error.message);
      assert.equal(await ends(call(sdk)).over, part === 'core' ? 'malformed_key' : 'answered');
      assert.deepEqual(sdk.asked[part], [{}, { cache: 'reload' }]);
    }
  }
});
