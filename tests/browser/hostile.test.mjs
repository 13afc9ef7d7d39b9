// Pages and programs that hand over what no one should, or have taken the usual away: every call settles all the same, with
// its answer or an `InviteError` of the closed set; nothing is left behind.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, test } from 'node:test';
import { signIn } from '../support/server.mjs';
import { anyOrder, everyHostility, everyPolicy } from './hostile.js';
import { stage } from './people.mjs';

const it = stage();
/** Printed when it fails, so that it can be given here. */
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
const read = (path) => readFile(new URL(path, import.meta.url), 'utf8');
let codes;
before(async () => {
  codes = [...(await read('../../pkg/ERRORS.md')).matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code);
});

async function world() {
  const resource = await it.resource();
  const { bearer } = await signIn(it.server.url, 'alice');
  const { connect } = await import('../../pkg/node.js');
  const alice = connect({ server: it.server.url, resource, auth: { bearer } });
  const { key } = await alice.create({ permissions: 'r' });
  alice.close();
  return { server: it.server.url, resource, bearer, key, codes };
}

/** A page of the server's without a script, with what the tests run in it, after `first`. */
async function emptyPage(first = () => {}, username = 'bob') {
  const page = await it.person(username, { bypassCSP: true });
  await page.route('**/hostile.js', async (route) => route.fulfill({ contentType: 'text/javascript', body: await read('./hostile.js') }));
  await page.addInitScript(() => {
    window.uncaught = [];
    addEventListener('error', ({ message }) => uncaught.push(message));
    addEventListener('unhandledrejection', ({ reason }) => uncaught.push(`rejection: ${reason?.stack ?? reason}`));
  });
  await page.addInitScript(first);
  // Really the server's: from a page that a test made up Chromium opens no socket to loopback.
  await page.goto('/healthz');
  return page;
}

/** Runs a function of hostile.js in the page, and gives what was wrong, what was uncaught, what was left behind. */
const inPage = (page, name, given, more = []) => page.evaluate(async ({ name, given, more }) => {
  const hostile = await import('/hostile.js');
  const left = hostile.counting();
  const sdk = await import('/sdk/index.js');
  const idle = left();
  const wrong = await hostile[name]({ ...given, ...sdk, storage: sessionStorage }, ...more);
  // What was aborted is on its way out, on a laden machine for longer; but a call's own end is no way out.
  const until = performance.now() + 4_000;
  while (left().timers > idle.timers && performance.now() < until) await new Promise((resolve) => { requestAnimationFrame(resolve); });
  return { wrong, uncaught: window.uncaught, idle, left: left() };
}, { name, given, more });

function allGood({ wrong, uncaught, idle, left }) {
  assert.deepEqual(wrong, []);
  assert.deepEqual(uncaught, []);
  if (left) assert.ok(left.timers <= idle.timers && left.listeners <= idle.listeners + 1, `left: ${JSON.stringify({ idle, left })}`);
}

test('Chromium: every call with each hostile fetch, bearer and WebSocket', async () => {
  allGood(await inPage(await emptyPage(), 'everyHostility', await world()));
});

test('Chromium: hostile policies end with their call', async () => {
  allGood(await inPage(await emptyPage(), 'everyPolicy', await world()));
});

test(`Chromium: a thousand calls in any order with aborts, closes and configures (SEED=${SEED})`, async () => {
  allGood(await inPage(await emptyPage(), 'anyOrder', await world(), [{ seed: SEED, count: 1000 }]));
});

/** A page that froze what belongs to everybody, as SES does. */
function frozen() {
  for (const name of ['Object', 'Array', 'Function', 'Promise', 'Map', 'Set', 'WeakMap', 'Error', 'TypeError', 'Date', 'JSON', 'Reflect', 'Math',
    'String', 'Number', 'RegExp', 'URL', 'Headers', 'Request', 'Response', 'AbortController', 'AbortSignal', 'EventTarget', 'Event', 'CustomEvent', 'WebAssembly']) {
    Object.freeze(globalThis[name]);
    if (globalThis[name].prototype) Object.freeze(globalThis[name].prototype);
  }
}

/** A page that watches what it sends, by proxies around everything. */
function proxied() {
  const wrap = (one) => new Proxy(one, {
    get(target, name) {
      const value = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const { fetch, WebSocket } = globalThis;
  globalThis.fetch = new Proxy(fetch, { apply: async (target, self, args) => wrap(await Reflect.apply(target, globalThis, args)) });
  globalThis.WebSocket = new Proxy(WebSocket, { construct: (target, args) => Reflect.construct(target, args) });
  for (const name of ['sessionStorage', 'localStorage']) {
    const storage = wrap(globalThis[name]);
    Object.defineProperty(globalThis, name, { get: () => storage });
  }
  for (const name of ['setTimeout', 'clearTimeout', 'queueMicrotask']) globalThis[name] = new Proxy(globalThis[name], { apply: (target, self, args) => target(...args) });
}

for (const first of [frozen, proxied]) {
  test(`Chromium: on a page whose globals are ${first.name} all works`, async () => {
    const page = await emptyPage(first, 'alice');
    const given = await world();
    const done = await page.evaluate(async ({ resource, key }) => {
      const { connect, inspect, isInviteError } = await import('/sdk/index.js');
      const found = [];
      for (const dialect of ['http', 'webstrates']) {
        const invites = connect({ resource, dialect });
        const { key: made } = await invites.create({ permissions: 'r' });
        found.push(typeof made, (await invites.check(made)).permissions, (await invites.get()).length > 0);
        await invites.remove(made);
        const error = await invites.check(made).catch((caught) => caught);
        found.push(isInviteError(error) && error.code);
        invites.close();
      }
      sessionStorage.setItem('invite-keys:pending', JSON.stringify({ key, resource, capturedAt: new Date(), continueUrl: location.href, via: 'fragment' }));
      const { invites } = await import('/sdk/index.js');
      const outcome = await invites.acceptPending(() => true);
      return [found, outcome.already, invites.pending, (await inspect(key)).kind];
    }, given);
    const five = ['string', 'r', true];
    assert.deepEqual(done.slice(0, 3), [[...five, 'removed', ...five, 'invalid_key'], true, null]);
    assert.deepEqual(await page.evaluate(() => uncaught), []);
  });
}

test('Node: the same hostilities, and a thousand calls in any order', async (t) => {
  const uncaught = [];
  const note = (error) => uncaught.push(String(error?.stack ?? error));
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  const sdk = await import('../../pkg/node.js');
  const texts = new Map();
  globalThis.sessionStorage ??= { getItem: (name) => texts.get(name) ?? null, setItem: (name, text) => texts.set(name, text), removeItem: (name) => texts.delete(name) };
  t.after(() => {
    process.off('unhandledRejection', note);
    process.off('uncaughtException', note);
    delete globalThis.sessionStorage;
  });
  const given = { ...await world(), ...sdk, storage: globalThis.sessionStorage };
  allGood({ wrong: await everyHostility(given), uncaught });
  allGood({ wrong: await everyPolicy(given), uncaught });
  allGood({ wrong: await anyOrder(given, { seed: SEED, count: 1000 }), uncaught });
});
