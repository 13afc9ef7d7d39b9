// `inviteused` and its like, as they happen: by server-sent events, one connection for all tabs, resumed where it was cut.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect } from '../../pkg/node.js';
import { signIn } from '../support/server.mjs';
import { createInvite, noProblems, stage } from './people.mjs';

const it = stage();

/** A connection as somebody, by a bearer. */
async function as(username, resource, more = {}) {
  const { bearer } = await signIn(it.server.url, username);
  return connect({ server: it.server.url, resource, auth: { bearer }, ...more });
}

/** What an `Invites` tells of one type, to be awaited one after the other. */
function told(invites, type, options) {
  const heard = [];
  const waiting = [];
  const listener = ({ detail }) => (waiting.shift() ?? ((each) => heard.push(each)))(detail);
  invites.addEventListener(type, listener, options);
  return { heard, listener, next: () => (heard.length ? Promise.resolve(heard.shift()) : new Promise((resolve) => waiting.push(resolve))) };
}

/** A `fetch` whose event streams can be watched and cut. */
function cuttable() {
  const streams = [];
  const opened = [];
  let gate = Promise.resolve();
  const fetch = async (...args) => {
    const [address, init] = args;
    if (typeof address !== 'string') return globalThis.fetch(...args);
    await gate;
    const cut = new AbortController();
    const answer = await globalThis.fetch(address, { ...init, signal: AbortSignal.any([init.signal, cut.signal]) });
    const stream = { last: init.headers['Last-Event-ID'], signal: init.signal, cut: () => cut.abort() };
    let begun;
    stream.begun = new Promise((resolve) => { begun = resolve; });
    (opened.shift() ?? ((each) => streams.push(each)))(stream);
    const body = answer.body.pipeThrough(new TransformStream({
      transform(chunk, controller) {
        controller.enqueue(chunk);
        begun();
      },
    }));
    return new Response(body, { status: answer.status, headers: answer.headers });
  };
  return {
    fetch,
    /** The next stream that is opened. */
    next: () => (streams.length ? Promise.resolve(streams.shift()) : new Promise((resolve) => opened.push(resolve))),
    /** No stream opens until what this gives is called. */
    hold() {
      let open;
      gate = new Promise((resolve) => { open = resolve; });
      return open;
    },
  };
}

test('who used an invite is told with who, when and how often, and nothing is lost between two streams', async () => {
  const resource = await it.resource();
  const streams = cuttable();
  const alice = await as('alice', resource, { fetch: streams.fetch });
  const used = told(alice, 'inviteused');
  const first = await streams.next();
  assert.equal(first.last, undefined);
  const invite = await alice.create({ permissions: 'rw' });
  const bob = await as('bob', resource);
  await bob.accept(invite);
  const detail = await used.next();
  assert.deepEqual({ ...detail, at: undefined }, {
    id: invite.id, resource, user: { username: 'bob', provider: 'test', displayName: 'Bob' }, at: undefined, uses: 1,
  });
  assert.ok(Math.abs(Date.parse(detail.at) - Date.now()) < 60_000);

  const open = streams.hold();
  first.cut();
  await (await as('carol', resource)).accept(invite);
  open();
  assert.equal((await used.next()).user.username, 'carol');
  const second = await streams.next();
  assert.match(second.last, /^\d+$/);

  // Nobody listens: nothing is read any longer.
  const ended = once(second.signal, 'abort');
  alice.removeEventListener('inviteused', used.listener);
  await ended;
  // Somebody listens again, until their signal says otherwise; then until the connection is closed.
  const stop = new AbortController();
  told(alice, 'inviteused', { signal: stop.signal });
  const third = await streams.next();
  const stopped = once(third.signal, 'abort');
  stop.abort();
  await stopped;
  told(alice, 'inviteused');
  const fourth = await streams.next();
  const closed = once(fourth.signal, 'abort');
  alice.close();
  await closed;
});

test('cut off before anything happened, it goes on from there', async () => {
  const resource = await it.resource();
  const streams = cuttable();
  const alice = await as('alice', resource, { fetch: streams.fetch });
  const invite = await alice.create({});
  const used = told(alice, 'inviteused');
  const first = await streams.next();
  // Its first line says where it is.
  await first.begun;
  await nextTurn();
  const open = streams.hold();
  first.cut();
  await (await as('bob', resource)).accept(invite);
  open();
  assert.equal((await used.next()).user.username, 'bob');
  alice.close();
});

test('what was made and removed elsewhere is told too, what was done here once', async () => {
  const resource = await it.resource({ alice: 'arw', carol: 'arw' });
  const streams = cuttable();
  const [alice, carol] = [await as('alice', resource, { fetch: streams.fetch }), await as('carol', resource)];
  const [used, created, removed] = ['inviteused', 'invitecreated', 'inviteremoved'].map((type) => told(alice, type));
  await streams.next();
  const own = await alice.create({});
  assert.equal((await created.next()).id, own.id);
  const other = await carol.create({});
  const { id, user } = await created.next();
  assert.deepEqual([id, user.username], [other.id, 'carol']);
  await alice.remove(own);
  await carol.remove(other);
  assert.deepEqual([(await removed.next()).id, (await removed.next()).id], [own.id, other.id]);
  const last = await carol.create({});
  await (await as('bob', resource)).accept(last);
  await used.next();
  assert.equal((await created.next()).id, last.id);
  assert.deepEqual([created.heard, removed.heard], [[], []]);
  alice.close();
});

test('all tabs of a browser hear of it over one connection, which another tab takes over', async () => {
  const resource = await it.resource();
  const first = await it.person('alice');
  let connections = 0;
  first.context().on('request', (request) => { connections += request.url().endsWith('/events'); });
  await first.context().route('**/blank.html', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Blank</title>' }));
  const pages = [first, await first.context().newPage(), await first.context().newPage()];
  for (const page of pages) {
    const connected = page === first && page.waitForResponse((response) => response.url().endsWith('/events'));
    await page.goto('/blank.html');
    await page.evaluate(async (resource) => {
      const { connect } = await import('/sdk/index.js');
      window.told = [];
      connect({ resource }).addEventListener('inviteused', ({ detail }) => told.push(detail.user.username));
    }, resource);
    await connected;
    // The others wait for their turn.
    if (page !== first) {
      await page.waitForFunction(async (resource) => (await navigator.locks.query()).pending.some(({ name }) => name.includes(resource)), resource);
    }
  }
  const alice = await as('alice', resource);
  const { key } = await alice.create({});
  await (await as('bob', resource)).accept(key);
  for (const page of pages) await page.waitForFunction(() => told.includes('bob'));
  assert.equal(connections, 1);
  await first.close();
  await (await as('carol', resource)).accept(key);
  for (const page of pages.slice(1)) {
    await page.waitForFunction(() => told.includes('carol'));
    assert.deepEqual(await page.evaluate(() => told), ['bob', 'carol']);
  }
});

test('the manager shows who joined without looking again and again', async () => {
  const resource = await it.resource();
  const alice = await it.person('alice');
  const connected = alice.waitForResponse((response) => response.url().endsWith('/events'));
  await alice.goto(`/?resource=${resource}`);
  await connected;
  const link = await createInvite(alice);
  const key = /acceptInvite=([^&]+)/.exec(link)[1];
  const bob = await as('bob', resource);
  await bob.accept(key);
  const accepted = Date.now();
  await alice.locator('invite-manager').getByText('Bob joined').waitFor();
  // Looking again would take up to half a minute. (That it is a second at most is for a machine with nothing else to do.)
  const took = Date.now() - accepted;
  assert.ok(took < 25_000, `${took} ms`);
  console.log(`    "Bob joined" after ${took} ms`);
  noProblems(alice);
});
