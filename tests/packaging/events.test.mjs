// A stream of events is a server's word: listeners are told what the types say, or nothing, and never a key.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../pkg/node.js';

const KEY = 'inv1_OMUvgMnQHFYjTg1MPDEck1mquf66EY1dR9Mw';
const BOB = { username: 'bob', provider: 'test' };
const EVENT = { at: '2026-11-27T18:00:00.000Z', resource: 'doc', invite: 'i1', user: BOB, uses: 1 };
/** A resource may be called as anything is, even as the hash of something. */
const HASH = 'ab'.repeat(32);

/** What is told of these, up to one of which nothing is wrong. */
async function told(type, events, resource = 'doc') {
  const stream = [...events, { ...EVENT, resource, invite: 'last' }].map((data) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`).join('');
  const invites = connect({
    server: 'https://invites.example', resource, auth: { bearer: 'mine' },
    fetch: async (url, { signal }) => {
      if (url.includes('/.well-known/')) return new Response(JSON.stringify({ 'invite-keys': 1, dialect: 'http', features: ['events'] }), { headers: { 'content-type': 'application/json' } });
      assert.equal(new URL(url).pathname, `/api/v1/resources/${resource}/events`);
      return new Response(new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(stream));
          signal.addEventListener('abort', () => controller.error(signal.reason));
        },
      }));
    },
  });
  const heard = [];
  await new Promise((resolve) => {
    const name = type.replace('.', '');
    const listen = ({ detail }) => {
      heard.push(detail);
      if (detail.id === 'last') resolve();
    };
    invites.addEventListener(name, listen);
    if (name !== 'inviteused') invites.addEventListener('inviteused', () => {});
  });
  invites.close();
  return heard.slice(0, -1);
}

const ODD = {
  invite: [5, {}, null, [], KEY, `x${KEY}`, HASH, encodeURIComponent(`#${KEY}`)], resource: [5, {}, null, 'other', KEY, ''], at: [5, {}, null, 'soon', '', KEY],
  user: [5, 'bob', null, [], {}, { username: 'bob' }, { username: 5, provider: 'test' }, { ...BOB, displayName: 5 }, { ...BOB, displayName: KEY }, { username: KEY, provider: 'test' }, { ...BOB, more: [KEY] }],
  uses: ['x', -1, {}, null, 1e400],
};

for (const type of ['invite.used', 'invite.created', 'invite.removed']) {
  test(`${type}: what makes no sense is told to nobody`, async () => {
    const odd = Object.entries(ODD).flatMap(([name, values]) => values.map((value) => ({ ...EVENT, [name]: value })));
    const without = ['at', 'resource', 'invite', 'user'].map((name) => ({ ...EVENT, [name]: undefined }));
    assert.deepEqual(await told(type, [...odd, ...without, 5, null, 'x', []]), []);
  });

  test(`${type}: what does is told, with what is new in it`, async () => {
    const good = [EVENT, { ...EVENT, uses: undefined }, { ...EVENT, user: { ...BOB, displayName: 'Bob', more: 1 } }, { ...EVENT, of_tomorrow: KEY }];
    const details = await told(type, good.map((event, at) => ({ ...event, invite: `i${at}` })));
    assert.deepEqual(JSON.parse(JSON.stringify(details)), [
      { id: 'i0', resource: 'doc', user: BOB, at: EVENT.at, uses: 1 }, { id: 'i1', resource: 'doc', user: BOB, at: EVENT.at },
      { id: 'i2', resource: 'doc', user: { ...BOB, displayName: 'Bob', more: 1 }, at: EVENT.at, uses: 1 }, { id: 'i3', resource: 'doc', user: BOB, at: EVENT.at, uses: 1 },
    ]);
  });
}

test('a resource that is called as a key looks is one all the same', async () => {
  assert.equal((await told('invite.used', [{ ...EVENT, resource: HASH }], HASH)).length, 1);
});

test('a part that never comes is waited for once, however many calls are made, and no longer than the handle is open', async (t) => {
  // A copy of its own, whose events never come.
  const { connect: open, within } = await import('../../pkg/index.js?without=events');
  const { readFile } = await import('node:fs/promises');
  within.parts.core.wasm = () => readFile(new URL('../../pkg/wasm/core_bg.wasm', import.meta.url));
  let begun = 0;
  within.parts.events.code = () => { begun += 1; return new Promise(() => {}); };
  const invites = open({ server: 'https://invites.example', dialect: 'http', resource: 'doc', fetch: async () => new Response('{"invites":[]}', { headers: { 'content-type': 'application/json' } }) });
  await invites.get();
  const { setTimeout: real, clearTimeout: gone } = globalThis;
  const running = new Set();
  t.after(() => Object.assign(globalThis, { setTimeout: real, clearTimeout: gone }));
  globalThis.setTimeout = (...how) => {
    const timer = real(...how);
    if (how[1] >= 2000) running.add(timer);
    return timer;
  };
  globalThis.clearTimeout = (timer) => { running.delete(timer); gone(timer); };
  invites.addEventListener('inviteused', () => {});
  for (let call = 0; call < 20; call += 1) await invites.get();
  assert.deepEqual([begun, running.size], [1, 1]);
  invites.close();
  await new Promise((resolve) => { real(resolve, 20); });
  assert.equal(running.size, 0);
  await invites.get().catch(() => {});
  assert.equal(begun, 1, 'what is closed stays closed');
});

/** A server of notes whose stream tells of what is removed through it. */
function removing(whoami) {
  let tell;
  const json = (body) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
  const streaming = new Promise((resolve) => { tell = resolve; });
  const invites = connect({
    server: 'https://invites.example', resource: 'doc', auth: { bearer: 'mine' },
    fetch: async (url, { signal }) => {
      if (url.includes('/.well-known/')) return json({ 'invite-keys': 1, dialect: 'http', features: ['events'] });
      if (url.endsWith('/me')) return json({ user: whoami });
      if (url.endsWith('/remove')) return json({ acknowledged: true, deletedCount: 1 });
      return new Response(new ReadableStream({
        start(controller) {
          tell((event) => controller.enqueue(new TextEncoder().encode(`event: invite.removed\ndata: ${JSON.stringify({ ...EVENT, ...event })}\n\n`)));
          signal.addEventListener('abort', () => controller.error(signal.reason));
        },
      }));
    },
  });
  return { invites, streaming };
}

test('what is removed by its key alone is told once; what others remove meanwhile is told, too', async () => {
  for (const given of [KEY, { key: KEY }]) {
    const { invites, streaming } = removing(BOB);
    const heard = [];
    let last;
    const end = new Promise((resolve) => { last = resolve; });
    invites.addEventListener('inviteremoved', ({ detail }) => {
      heard.push(detail.id);
      if (detail.id === 'last') last();
    });
    invites.addEventListener('inviteused', () => {});
    const tell = await streaming;
    await invites.remove(given);
    tell({ invite: 'theirs', user: { username: 'alice', provider: 'test' } });
    tell({ invite: 'mine' });
    tell({ invite: 'mine', at: '2026-11-27T18:00:01.000Z' }); // read again after the stream broke off
    tell({ invite: 'last' });
    await end;
    invites.close();
    assert.deepEqual(heard, [undefined, 'theirs', 'last']);
  }
});
