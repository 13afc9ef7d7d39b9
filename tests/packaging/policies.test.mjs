// Who decides about an invite that waits: only `true` is a yes, and what is neither that nor `false` is told.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../pkg/node.js';

const KEY = 'inv1_OMUvgMnQHFYjTg1MPDEck1mquf66EY1dR9Mw';
const RECORD = 'invite-keys:pending';
const INVITE = { resource: 'doc', permissions: 'rw', createdAt: '2026-01-01T00:00:00.000Z', expiresAt: null, createdBy: { username: 'a', provider: 'b' }, gained: 'rw', account: { username: 'me', provider: 'b' } };

const store = new Map();
globalThis.sessionStorage = { getItem: (key) => store.get(key) ?? null, setItem: (key, value) => store.set(key, value), removeItem: (key) => store.delete(key) };
const json = (body) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });

/** An invite that waits, what a policy makes of it, and whether it was taken. */
async function decided(policy, { invite = INVITE, others = [] } = {}) {
  store.set(RECORD, JSON.stringify({ key: KEY, resource: 'doc', capturedAt: new Date(), continueUrl: 'https://page.example/', via: 'fragment' }));
  let taken = false;
  const rejected = [];
  const invites = connect({
    server: 'https://invites.example', dialect: 'http', resource: 'doc',
    fetch: async (url) => {
      if (!url.endsWith('/accept')) return json(invite);
      taken = true;
      return json({ resource: 'doc', permissions: 'rw', gained: 'rw', already: false });
    },
  });
  invites.addEventListener('inviterejected', ({ detail }) => rejected.push(detail.code));
  const [outcome] = await Promise.all([policy, ...others].map((each) => invites.acceptPending(each).catch((error) => error)));
  const waits = invites.pending !== null;
  store.clear();
  return { outcome, taken, waits, rejected };
}

/** Puts a question of the browser's in its place for as long as `work` takes. */
async function asking(confirm, work) {
  globalThis.confirm = confirm;
  try {
    return await work();
  } finally {
    delete globalThis.confirm;
  }
}

const NONSENSE = [
  ["'false'", 'string', 'false'], ["'true'", 'string', 'true'], ["''", 'string', ''], ['0', 'number', 0], ['1', 'number', 1], ['NaN', 'number', NaN], ['5n', 'bigint', 5n],
  ['undefined', 'undefined', undefined], ['null', 'null', null], ['{}', 'object', {}], ['[]', 'object', []], ['[true]', 'object', [true]], ['a function', 'function', () => true],
  ['a symbol', 'symbol', Symbol('yes')], ['new Boolean(false)', 'object', Object(false)], ['new Boolean(true)', 'object', Object(true)], ['an object that is true', 'object', { valueOf: () => true, toString: () => 'true' }],
  ['an object without a prototype', 'object', Object.create(null)], ['a Proxy', 'object', new Proxy({}, { get(_, name) { if (name !== 'then') throw new Error('mine'); } })],
];

for (const [what, type, answer] of NONSENSE) {
  const refused = ({ outcome, taken, waits, rejected }) => {
    assert.deepEqual([outcome?.name, outcome?.code, outcome?.field, outcome?.retryable, taken, waits, rejected], ['InviteError', 'invalid_option', 'policy', false, false, true, ['invalid_option']]);
    assert.match(outcome.message, new RegExp(`policy.*true or false.*answered ${type}\\b`));
  };

  test(`a policy that answers ${what} accepts nothing, and is told so`, async () => {
    for (const policy of [() => answer, async () => answer]) refused(await decided(policy));
  });

  test(`nor does a confirm() of the page's own that answers ${what}`, async () => {
    for (const confirm of [() => answer, async () => answer]) refused(await asking(confirm, () => decided('confirm')));
  });
}

test('true accepts, false does not; so do promises of them', async () => {
  for (const yes of [() => true, async () => true, () => ({ then: (resolve) => resolve(true) })]) {
    for (const one of [await decided(yes), await asking(yes, () => decided('confirm'))]) assert.deepEqual([one.outcome.permissions, one.taken, one.waits, one.rejected], ['rw', true, false, []]);
  }
  for (const no of [() => false, async () => false]) {
    for (const one of [await decided(no), await asking(no, () => decided('confirm'))]) assert.deepEqual(one, { outcome: null, taken: false, waits: true, rejected: [] });
  }
  assert.deepEqual(await decided('confirm'), { outcome: null, taken: false, waits: true, rejected: [] }, 'nobody is there to ask');
});

test('a policy that fails is told with what it threw, be that an error of ours', async () => {
  const own = await connect({ server: 'nowhere' }).get().catch((error) => error);
  for (const thrown of [new Error('mine'), own]) {
    const { outcome, taken, waits } = await decided(() => { throw thrown; });
    assert.deepEqual([outcome.code, outcome.cause, taken, waits], ['aborted', thrown, false, true]);
  }
});

test('of two policies the one that answers decides', async () => {
  for (const [yes, taken] of [[true, true], [false, false]]) {
    const one = await decided(() => 'yes', { others: [() => new Promise((resolve) => { setImmediate(resolve, yes); })] });
    assert.deepEqual([one.taken, one.rejected], [taken, []]);
  }
});

test('where a server does not say what is gained somebody is asked, by a question that makes sense', async () => {
  const asked = [];
  const invite = { ...INVITE, gained: null };
  const confirm = (words) => { asked.push(words); return false; };
  for (const policy of ['signed-in', 'confirm', undefined]) {
    const { outcome, taken, rejected } = await asking(confirm, () => decided(policy, { invite }));
    assert.deepEqual([outcome, taken, rejected], [null, false, []], policy);
  }
  assert.equal(asked.length, 3);
  for (const words of asked) assert.match(words, /\(read, write\)/);
  let shown;
  await decided((preview) => { shown = preview; return false; }, { invite });
  assert.equal(shown.gained, 'rw', 'it may be all');
  const plain = await asking(confirm, () => decided('signed-in'));
  assert.deepEqual([plain.taken, asked.length], [true, 3], 'who says so is believed');
});

/** An invite that waits, and a connection whose server answers when it is let. */
function waiting(answer) {
  store.set(RECORD, JSON.stringify({ key: KEY, resource: 'doc', capturedAt: new Date(), continueUrl: 'https://page.example/', via: 'fragment' }));
  const asked = [];
  const invites = connect({
    server: 'https://invites.example', dialect: 'http', resource: 'doc',
    fetch: (url, { signal }) => {
      asked.push(url.split('/').pop());
      const ended = new Promise((_, reject) => { signal.addEventListener('abort', () => reject(new DOMException('x', 'AbortError'))); });
      return Promise.race([ended, answer(url)]);
    },
  });
  const rejected = [];
  invites.addEventListener('inviterejected', ({ detail }) => rejected.push(detail.code));
  return { invites, asked, rejected };
}
const never = () => new Promise(() => {});
const taken = { resource: 'doc', permissions: 'rw', gained: 'rw', already: false };
const told = (promise) => promise.then((outcome) => outcome, ({ code, field }) => [code, field]);

test('who joins an accept under way has a deadline of its own, and is told what is wrong with its own call', async () => {
  let go;
  const gone = new Promise((resolve) => { go = resolve; });
  const { invites, rejected } = waiting((url) => (url.endsWith('/check') ? gone.then(() => json(INVITE)) : json(taken)));
  const first = told(invites.acceptPending(() => true));
  const began = performance.now();
  // These end by themselves; the first goes on.
  assert.deepEqual(await told(invites.acceptPending(() => true, { timeout: 300 })), ['timeout', undefined]);
  assert.ok(performance.now() - began < 5_000);
  assert.deepEqual(await told(invites.acceptPending(() => true, { timeout: 'x' })), ['invalid_option', 'timeout']);
  assert.deepEqual(await told(invites.acceptPending(() => true, { often: 1 })), ['invalid_option', 'often']);
  assert.deepEqual(await told(invites.acceptPending(5)), ['invalid_option', 'policy']);
  assert.deepEqual(rejected, [], 'it may still be accepted');
  go();
  assert.equal((await first).permissions, 'rw');
  assert.equal(invites.pending, null);
});

test("nor does it end with the deadline of who began, and a policy that needs nobody waits for nobody", async () => {
  let go;
  const gone = new Promise((resolve) => { go = resolve; });
  const slow = waiting((url) => (url.endsWith('/check') ? gone.then(() => json(INVITE)) : json(taken)));
  const first = told(slow.invites.acceptPending(() => true, { timeout: 300 }));
  const second = told(slow.invites.acceptPending(() => true));
  assert.deepEqual(await first, ['timeout', undefined]);
  go();
  assert.equal((await second).permissions, 'rw');
  assert.deepEqual(slow.rejected, []);

  const { invites, asked } = waiting((url) => json(url.endsWith('/check') ? INVITE : taken));
  let shown;
  const seen = new Promise((resolve) => { shown = resolve; });
  const person = told(invites.acceptPending((preview) => { shown(preview); return never(); }));
  await seen;
  const outcome = await told(invites.acceptPending('signed-in'));
  assert.deepEqual([outcome.permissions, await person], ['rw', outcome]);
  assert.equal(asked.filter((path) => path === 'accept').length, 1);
});

test('a page that asks by itself is not asked by the browser, too; once it has gone, neither is anybody', async () => {
  const { invites, rejected } = waiting((url) => json(url.endsWith('/check') ? INVITE : taken));
  let questions = 0;
  await asking(() => { questions += 1; return false; }, async () => {
    let shown;
    const seen = new Promise((resolve) => { shown = resolve; });
    const page = new AbortController();
    const person = told(invites.acceptPending(() => { shown(); return never(); }, { signal: page.signal }));
    await seen;
    const second = told(invites.acceptPending('confirm'));
    await new Promise((resolve) => { setTimeout(resolve, 50); });
    page.abort();
    assert.deepEqual([await person, await second], [['aborted', undefined], ['aborted', undefined]]);
    assert.deepEqual([questions, rejected, invites.pending !== null], [0, [], true]);
    // By itself it asks.
    assert.equal(await told(invites.acceptPending('confirm')), null);
    assert.equal(questions, 1);
  });
  store.clear();
});

test('what the server says for good is told to all at once', async () => {
  let go;
  const gone = new Promise((resolve) => { go = resolve; });
  let looks = 0;
  const { invites, rejected } = waiting(async () => {
    looks += 1;
    if (looks === 1) return json(INVITE);
    await gone;
    return new Response(JSON.stringify({ code: 'removed', detail: 'Gone.' }), { status: 410, headers: { 'content-type': 'application/problem+json' } });
  });
  let shown;
  const seen = new Promise((resolve) => { shown = resolve; });
  const person = told(invites.acceptPending(() => { shown(); return never(); }));
  await seen;
  const second = told(invites.acceptPending('signed-in'));
  go();
  assert.deepEqual([await person, await second, rejected, invites.pending], [['removed', undefined], ['removed', undefined], ['removed'], null]);
});
