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
    if (new Headers(init?.headers).get('accept') !== 'text/event-stream') return globalThis.fetch(...args);
    await gate;
    const answer = await globalThis.fetch(address, init);
    let cut;
    const stream = { last: new Headers(init.headers).get('Last-Event-ID') ?? undefined, signal: init.signal, cut: () => cut.error(new Error('cut')) };
    let begun;
    stream.begun = new Promise((resolve) => { begun = resolve; });
    (opened.shift() ?? ((each) => streams.push(each)))(stream);
    const body = answer.body.pipeThrough(new TransformStream({
      start(controller) { cut = controller; },
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

/** Gives how many listen to a signal that has not been aborted. */
function countedListeners(t) {
  const all = new Map();
  const of = (signal) => all.get(signal) ?? all.set(signal, new Set()).get(signal);
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  AbortSignal.prototype.addEventListener = function (type, listener, how) {
    of(this).add(listener);
    addEventListener.call(this, type, listener, how);
  };
  AbortSignal.prototype.removeEventListener = function (type, listener, how) {
    of(this).delete(listener);
    removeEventListener.call(this, type, listener, how);
  };
  t.after(() => {
    delete AbortSignal.prototype.addEventListener;
    delete AbortSignal.prototype.removeEventListener;
  });
  return () => [...all].reduce((sum, [signal, its]) => sum + (signal.aborted ? 0 : its.size), 0);
}

test('thirty streams, one after the other, leave no listener behind', async (t) => {
  const resource = await it.resource();
  const streams = cuttable();
  const warnings = [];
  const warn = (warning) => warnings.push(warning.name);
  process.on('warning', warn);
  t.after(() => process.off('warning', warn));
  // Each stream lasts for a minute.
  let minutes = 0;
  const now = performance.now.bind(performance);
  performance.now = () => now() + minutes * 60_000;
  t.after(() => { delete performance.now; });
  const alice = await as('alice', resource, { fetch: streams.fetch });
  t.after(() => alice.close());
  const listeners = countedListeners(t);
  const stop = new AbortController();
  told(alice, 'inviteused', { signal: stop.signal });
  let before;
  for (let number = 0; number < 30; number += 1) {
    const stream = await streams.next();
    // Those that know their place say nothing before something happens.
    if (!stream.last) await stream.begun;
    minutes += 1;
    if (number === 1) before = listeners();
    if (number < 29) stream.cut();
  }
  assert.ok(before > 0 && listeners() <= before, `${before} listeners became ${listeners()}`);
  assert.deepEqual(warnings, []);
  // Who left by hand is not waited for by a signal either.
  const { listener } = told(alice, 'inviteused', { signal: stop.signal });
  await nextTurn();
  const both = listeners();
  alice.removeEventListener('inviteused', listener);
  await nextTurn();
  assert.equal(listeners(), both - 1);
  stop.abort();
  await nextTurn();
  assert.equal(listeners(), 0);
});

test('who still listens after close() or configure() is told again, from the next call on', async () => {
  const { configure, invites } = await import('../../pkg/node.js');
  const [resource, other] = [await it.resource(), await it.resource()];
  const streams = cuttable();
  const { bearer } = await signIn(it.server.url, 'alice');
  const options = { server: it.server.url, auth: { bearer }, fetch: streams.fetch };
  configure({ ...options, resource });
  const used = told(invites, 'inviteused');
  const first = await streams.next();
  const ended = once(first.signal, 'abort');
  invites.close();
  await ended;
  const invite = await invites.create({});
  await (await streams.next()).begun;
  await (await as('bob', resource)).accept(invite);
  assert.deepEqual([(await used.next()).resource, used.heard], [resource, []]);

  configure({ ...options, resource: other });
  const another = await invites.create({});
  await (await streams.next()).begun;
  await (await as('bob', other)).accept(another);
  assert.deepEqual([(await used.next()).resource, used.heard], [other, []]);
  invites.removeEventListener('inviteused', used.listener);
  invites.close();
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
