// Connections that die without a word: a proxy in between swallows bytes and closes nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../pkg/node.js';
import { signIn } from '../support/server.mjs';
import { startSwallowing } from '../support/swallowing.mjs';
import { ticking } from '../support/ticking.mjs';
import { stage } from './people.mjs';

const it = stage();
/** Longer than a stream may be silent. */
const LONG = 50_000;

const bearerOf = async (username) => (await signIn(it.server.url, username)).bearer;
/** A connection past the proxy. */
const as = async (username, resource) => connect({ server: it.server.url, resource, auth: { bearer: await bearerOf(username) } });

/** Resolves with the detail of each event in turn. */
function told(invites, type) {
  const heard = [];
  const waiting = [];
  invites.addEventListener(type, ({ detail }) => (waiting.shift() ?? ((each) => heard.push(each)))(detail));
  return { next: () => (heard.length ? Promise.resolve(heard.shift()) : new Promise((resolve) => waiting.push(resolve))) };
}

/** What is asked of a stream's address, by a `fetch` that does not answer where `isMute` says so at that moment. */
function watched(isMute = () => false, reallyAsks = true) {
  const asked = [];
  const waiting = [];
  let beginning = 0;
  return {
    next: () => (asked.length ? Promise.resolve(asked.shift()) : new Promise((resolve) => waiting.push(resolve))),
    /** Whether an answer is on its way. */
    isBusy: () => beginning > 0,
    async fetch(url, init) {
      if (!String(url?.url ?? url).endsWith('/events')) return fetch(url, init);
      const mute = isMute();
      const answer = mute && !reallyAsks ? new Promise(() => {}) : fetch(url, init);
      if (!mute) {
        beginning += 1;
        answer.finally(() => { beginning -= 1; }).catch(() => {});
      }
      (waiting.shift() ?? ((each) => asked.push(each)))({ last: new Headers(init.headers).get('Last-Event-ID'), begun: answer });
      return answer;
    },
  };
}

test('Node: a stream without a sign of life is opened anew, from where it was', async (t) => {
  const resource = await it.resource();
  const proxy = await startSwallowing(t, it.server.url);
  const streams = watched(() => proxy.swallows);
  const alice = connect({ server: proxy.url, resource, auth: { bearer: await bearerOf('alice') }, fetch: streams.fetch });
  t.after(() => alice.close());
  const [maker, bob, carol] = await Promise.all(['alice', 'bob', 'carol'].map((username) => as(username, resource)));
  const invite = await maker.create({ permissions: 'r' });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const used = told(alice, 'inviteused');
  await (await streams.next()).begun;
  await bob.accept(invite);
  assert.equal((await used.next()).user.username, 'bob');

  proxy.swallow();
  await carol.accept(invite);
  // The next one does not even get as far as its headers.
  await ticking(t, streams.next(), streams.isBusy);
  proxy.recover();
  assert.match((await ticking(t, streams.next(), streams.isBusy)).last, /^\d+$/);
  assert.equal((await used.next()).user.username, 'carol');
});

test('Node: a `fetch` that never answers, and listens to no signal, is given up and asked again', async (t) => {
  const resource = await it.resource();
  let mute = 2;
  const streams = watched(() => mute-- > 0, false);
  const [alice, bob] = [connect({ server: it.server.url, resource, auth: { bearer: await bearerOf('alice') }, fetch: streams.fetch }), await as('bob', resource)];
  t.after(() => alice.close());
  const invite = await alice.create({ permissions: 'r' });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const used = told(alice, 'inviteused');
  await streams.next();
  await ticking(t, streams.next(), streams.isBusy);
  await (await ticking(t, streams.next(), streams.isBusy)).begun;
  await bob.accept(invite);
  assert.equal((await used.next()).user.username, 'bob');
});

test('Node: a bearer that never comes is asked for again', async (t) => {
  const resource = await it.resource();
  const bearer = await bearerOf('alice');
  let asked = 0;
  const streams = watched();
  const alice = connect({
    server: it.server.url, resource, fetch: streams.fetch, auth: { bearer: () => (asked++ ? bearer : new Promise(() => {})) },
  });
  t.after(() => alice.close());
  t.mock.timers.enable({ apis: ['setTimeout'] });
  told(alice, 'inviteused');
  await (await ticking(t, streams.next(), streams.isBusy)).begun;
  assert.ok(asked >= 2);
});

test('Chromium: the stream of a browser, too', async (t) => {
  const resource = await it.resource();
  const proxy = await startSwallowing(t, it.server.url);
  const page = await it.person('alice', { baseURL: proxy.url });
  await page.clock.install();
  await page.route('**/blank.html', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>Blank</title>' }));
  await page.goto('/blank.html');
  const opened = page.waitForResponse((response) => response.url().endsWith('/events'));
  await page.evaluate(async (resource) => {
    const { connect } = await import('/sdk/index.js');
    window.told = [];
    connect({ resource }).addEventListener('inviteused', ({ detail }) => told.push(detail.user.username));
  }, resource);
  await opened;
  const invite = await (await as('alice', resource)).create({ permissions: 'r' });
  await (await as('bob', resource)).accept(invite);
  await page.waitForFunction(() => told.includes('bob'));

  proxy.swallow();
  await (await as('carol', resource)).accept(invite);
  const again = page.waitForRequest((request) => request.url().endsWith('/events'));
  await page.clock.fastForward(LONG);
  await page.clock.fastForward(1000);
  await again;
  // Silent again, before its headers.
  proxy.recover();
  const third = page.waitForRequest((request) => request.url().endsWith('/events'));
  await page.clock.fastForward(LONG);
  await page.clock.fastForward(2000);
  assert.match((await third).headers()['last-event-id'], /^\d+$/);
  await page.waitForFunction(() => told.includes('carol'));
  assert.deepEqual(await page.evaluate(() => told), ['bob', 'carol']);
});
