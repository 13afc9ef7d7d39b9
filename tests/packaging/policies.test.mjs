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
