// What the original does to its users, and what of it reaches them through us: nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { webstrates } from './world.mjs';

const it = webstrates({ cache: 2 });

/** A webstrate of alice's with bob, and both with the SDK open. */
async function aliceAndBob(bobHas, more = {}) {
  const id = await it.webstrate({ auth: { alice: 'arw', ...(bobHas && { bob: bobHas }) } });
  const [alice, bob] = await Promise.all(['alice', 'bob'].map(async (name) => it.open(await it.person(name), id, more)));
  return { id, alice, bob };
}

test('30 of 30 calls made before the socket opens are answered', async () => {
  await it.change({ initDelay: 41 });
  const { id, alice } = await aliceAndBob();
  await it.control('DELETE', 'calls');
  const answers = await alice.calls(...Array.from({ length: 30 }, () => ['get']));
  assert.deepEqual(answers.map(({ value }) => value), Array(30).fill([]));
  const calls = (await it.calls()).filter(({ d }) => d === id);
  assert.equal(calls.length, 30);
  assert.ok(calls.every(({ fate }) => fate === 'done'));
  assert.equal((await it.control('GET', 'sockets')).sockets.filter(({ user }) => user === 'alice:test').length, 1);
  await it.change({ initDelay: 3 });
});

test('a stale cache: who has r accepts w, then a', async () => {
  const { id, alice, bob } = await aliceAndBob('r');
  const [w, a] = [await it.invite(alice, 'w'), await it.invite(alice, 'a')];
  const first = await bob.call('outcome', w);
  assert.deepEqual({ ...first.value, warnings: first.value.warnings.map(({ code }) => code) },
    { resource: id, permissions: 'rw', gained: 'w', already: false, warnings: ['permission_delay'] });
  const { error } = await bob.call('accept', a);
  assert.equal(error?.code, 'try_again');
  assert.ok(error.retryable && error.retryAfter > 0 && error.retryAfter <= 300_000, `retryAfter ${error.retryAfter}`);
  assert.equal((await it.letters(id)).bob, 'rw');
  await pause(2_100);
  assert.equal((await bob.call('accept', a)).value, 'rwa');
  assert.equal((await it.letters(id)).bob, 'rwa');
  const warnings = (await bob.events()).filter(([type]) => type === 'invitewarning');
  assert.deepEqual(warnings.map(([, { code, resource }]) => [code, resource]), Array(2).fill(['permission_delay', id]));
});

test('a stale cache: an admin, whose letters the server does not tell', async () => {
  for (const has of ['a', 'ar']) {
    const { id, alice, bob } = await aliceAndBob(has);
    // The cache has what was before.
    assert.deepEqual((await bob.call('get')).value, []);
    const [w, r] = [await it.invite(alice, 'w'), await it.invite(alice, has === 'a' ? 'r' : 'wr')];
    await bob.page.clock.install();
    assert.equal((await bob.call('accept', w)).value, `${has}w`);
    const { error, value } = await bob.call('accept', r);
    if (has === 'a') {
      assert.equal(error?.code, 'try_again');
      assert.ok(error.retryAfter > 290_000 && error.retryAfter <= 300_000, `retryAfter ${error.retryAfter}`);
    } else {
      assert.equal(value, 'arw', 'nothing to add, nothing sent');
    }
    assert.equal((await it.letters(id)).bob, `${has}w`);
    // Another page of the same person remembers it, too.
    const other = await bob.page.context().newPage();
    await other.goto('/auth/test');
    const again = await (await it.open(other, id)).call('accept', r);
    assert.equal(again.error?.code ?? again.value, has === 'a' ? 'try_again' : 'arw');
    await it.control('DELETE', 'cache');
    await bob.page.clock.fastForward(301_000);
    const last = await bob.call('accept', r);
    assert.equal(last.value, has === 'a' ? 'awr' : 'arw');
    assert.equal((await it.letters(id)).bob, last.value);
  }
});

test('nothing is sent for an invite that adds nothing', async () => {
  const { id, alice, bob } = await aliceAndBob('rw');
  const key = await it.invite(alice, 'w');
  await it.control('DELETE', 'calls');
  const { value } = await bob.call('outcome', key);
  assert.deepEqual(value, { resource: id, permissions: 'rw', gained: '', already: true, warnings: [] });
  assert.ok((await it.calls()).every(({ wa }) => wa !== 'acceptInvite'));
  assert.equal((await bob.events()).filter(([type]) => type === 'inviteaccepted').length, 1);
});

test('a server of before invites is told apart within a few seconds', async () => {
  const { alice } = await aliceAndBob();
  await it.change({ invites: false });
  for (const call of [['get'], ['create', { permissions: 'r' }]]) {
    const { error, took } = await alice.call(...call);
    assert.equal(error?.code, 'not_invites_server');
    assert.match(error.message, /need Webstrates 1\.8\.0 or newer/);
    assert.ok(took < 5_000, `${took} ms`);
  }
  await it.change({ invites: true });
  assert.deepEqual((await alice.call('get')).value, []);
  // Slow is not old.
  await it.change({ answers: 'ignored' });
  const { error } = await alice.call('get', { timeout: 4_000 });
  assert.equal(error.code, 'timeout');
  await it.change({ answers: 'given' });
});

test('signing in and out: the next call has the new identity', async () => {
  const id = await it.webstrate({ auth: { alice: 'arw' } });
  const page = await it.person();
  const somebody = await it.open(page, id);
  assert.equal((await somebody.call('get')).error.code, 'not_signed_in');
  assert.equal((await it.control('GET', 'sockets')).sockets.filter(({ user }) => user.startsWith('anonymous')).length, 0);
  await it.signIn(page.context(), 'alice');
  assert.deepEqual((await somebody.call('get')).value, []);
});

test('where no socket can be had, an accept goes over HTTP if nothing can be lost by it', async () => {
  const { id, alice, bob } = await aliceAndBob();
  const key = await it.invite(alice, 'r');
  const [w] = [await it.invite(alice, 'w')];
  await it.change({ sockets: 'refused' });
  const { value } = await bob.call('outcome', key, undefined);
  assert.equal(value, undefined, 'a preview needs a socket');
  assert.equal((await bob.call('accept', key)).value, 'r');
  assert.equal((await it.letters(id)).bob, 'r');
  assert.equal((await bob.call('accept', w)).error.code, 'offline');
  assert.equal((await it.letters(id)).bob, 'r');
  await it.change({ sockets: 'open' });
});

test('who am I: the page knows, else HTTP, else the caller, and the socket last', async () => {
  const { id, alice, bob } = await aliceAndBob('r');
  const key = await it.invite(alice, 'w');
  const subscribed = async (name) => (await it.control('GET', 'sockets')).sockets.filter(({ user, subscribed }) => user === `${name}:test` && subscribed).length;
  const account = async (handle) => (await handle.call('preview', key)).value.account;
  assert.deepEqual(await account(bob), { username: 'bob', provider: 'test' });
  assert.equal(await subscribed('bob'), 0);

  // With an access token it is what the caller says.
  const token = await bob.page.evaluate(async (id) => {
    const response = await fetch(`/${id}/`, { method: 'POST', body: new URLSearchParams({ token: 60 }) });
    return (await response.json()).token;
  }, id);
  const stranger = await it.person();
  const auth = { accessToken: token, username: 'bob', provider: 'test' };
  assert.deepEqual(await account(await it.open(stranger, id, { auth })), { username: 'bob', provider: 'test' });
  assert.equal(await subscribed('bob'), 0);

  // With nothing but the token only the socket can say.
  const { username, provider } = await account(await it.open(stranger, id, { auth: { bearer: token } }));
  assert.deepEqual({ username, provider }, { username: 'bob', provider: 'test' });
  assert.equal(await subscribed('bob'), 1);

  // On a page of the server's own nobody is asked at all.
  await it.webstrate({ id, webstrate: true });
  const [requests] = [[]];
  bob.page.on('request', (request) => requests.push(request.method()));
  await bob.page.goto(`/${id}/`);
  await bob.page.waitForFunction(() => window.webstrate?.user);
  const here = await it.open(bob.page, id);
  assert.equal((await account(here)).username, 'bob');
  assert.ok(!requests.includes('POST'));
});

test('letters that a colliding write took away are told', async () => {
  const { id, alice, bob } = await aliceAndBob('r');
  const w = await it.invite(alice, 'w');
  await it.control('DELETE', 'calls');
  // The page's clock stands: it cannot look at the document before the other write is there.
  await bob.page.clock.install();
  await bob.page.clock.pauseAt(Date.now() + 60_000);
  const accepted = bob.call('outcome', w);
  for (;;) {
    const { bob: letters } = await it.letters(id);
    if (letters === 'rw') break;
    await pause(20);
  }
  await it.webstrate({ id, auth: { alice: 'arw', bob: 'w' } });
  const moving = setInterval(() => bob.page.clock.runFor(1_000).catch(() => {}), 100);
  const { value, error } = await accepted.finally(() => clearInterval(moving));
  assert.equal(error, undefined);
  assert.ok(value.warnings.some(({ code }) => code === 'permission_lost'), JSON.stringify(value));
});
