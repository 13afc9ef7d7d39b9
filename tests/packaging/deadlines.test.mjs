// A call's deadline and signal count from the call, the loading of the core included. The page's clock is a false one, so
// that nothing here depends on how fast this machine is.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from '../support/chromium.mjs';
import { installedProject } from './support/package.mjs';
import { startSite } from './support/site.mjs';
import { suite } from './support/suite.mjs';

const all = suite();
let browser, site;
before(async () => {
  browser = await launchChromium();
  const folder = await installedProject(all, { files: ['blank.html'] });
  site = await startSite(all, { folder });
});
after(() => browser.close());

/**
 * A page whose WebAssembly comes when `core.come()` says so, and whose clock stands still. In the page: `begin(name, promise)`
 * notes how and when, in the page's time, a promise settles, and tells of it; `hang` is a `fetch` that never answers and
 * tells that it was asked. `heard(what)` resolves when something was told.
 */
async function open(t) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.clock.install({ time: 0 });
  const told = new Set();
  const listeners = new Map();
  const tell = (what) => {
    told.add(what);
    listeners.get(what)?.();
  };
  const heard = (what) => told.has(what) || new Promise((resolve) => listeners.set(what, resolve));
  await page.exposeFunction('tell', tell);
  const waiting = [];
  let here = false;
  const asked = [];
  await page.route('**/*.wasm', async (route) => {
    asked.push(route.request().url().split('/').at(-1));
    tell('asked');
    if (!here) await new Promise((resolve) => waiting.push(resolve));
    return route.continue();
  });
  const core = {
    asked,
    come() {
      here = true;
      for (const resolve of waiting) resolve();
    },
    /** The next attempt is answered; those of before never are. */
    comeToTheNext() { here = true; },
  };
  await page.goto(`${site.files}/blank.html`);
  await page.clock.pauseAt(60_000);
  await page.evaluate(async () => {
    window.sdk = await import('./node_modules/invite-keys/index.js');
    window.ends = {};
    window.begin = (name, promise) => {
      const began = performance.now();
      const end = (how) => {
        ends[name] = [how, Math.round(performance.now() - began)];
        tell(name);
      };
      promise.then(() => end('answered'), (error) => end(sdk.isInviteError(error) ? error.code : String(error)));
    };
    window.hang = () => {
      tell('sent');
      return new Promise(() => {});
    };
    window.here = { server: location.origin, dialect: 'http', resource: 'notes', fetch: hang };
  });
  const at = async (milliseconds) => {
    await page.clock.runFor(milliseconds);
    return page.evaluate(() => ends);
  };
  return { page, core, at, heard };
}

test('`timeout` with a slow core: one deadline, not one for the core and another for the server', async (t) => {
  const { page, core, at, heard } = await open(t);
  await page.evaluate(() => begin('call', sdk.connect(here).get({ timeout: 500 })));
  assert.deepEqual(await at(400), {});
  core.come();
  await heard('sent');
  assert.deepEqual(await at(99), {});
  assert.deepEqual(await at(2), { call: ['timeout', 500] });
});

test('the core does not come at all: `timeout` of the call, else of the connection, else ten seconds; with a signal, too', async (t) => {
  const { page, at } = await open(t);
  await page.evaluate(() => {
    const { signal } = new AbortController();
    begin('of the call', sdk.connect(here).get('notes', { timeout: 50, signal }));
    begin('of the connection', sdk.connect({ ...here, timeout: 300 }).get());
    begin('of the connection, with a signal', sdk.connect({ ...here, timeout: 300 }).get({ signal }));
    begin('neither', sdk.connect(here).create({ permissions: 'r' }, 'notes', { signal }));
    begin('an invalid one', sdk.connect(here).get({ timeout: 'soon' }));
    begin('Infinity', sdk.connect(here).get({ timeout: Infinity }));
    begin('Infinity of the connection', sdk.connect({ ...here, timeout: Infinity }).get());
    begin('a BigInt', sdk.connect(here).get({ timeout: 5n }));
    begin('a symbol', sdk.connect(here).get({ timeout: Symbol('soon') }));
    begin('an invalid one of the call, a valid one of the connection', sdk.connect({ ...here, timeout: 9_999 }).get({ timeout: Infinity }));
    begin('every page of a list', sdk.connect({ ...here, timeout: 300 }).list().next());
  });
  assert.deepEqual(await at(299), { 'of the call': ['timeout', 50] });
  assert.deepEqual(await at(1), {
    'of the call': ['timeout', 50],
    'of the connection': ['timeout', 300],
    'of the connection, with a signal': ['timeout', 300],
    'every page of a list': ['timeout', 300],
  });
  await at(9699);
  const { 'an invalid one of the call, a valid one of the connection': ofTheConnection, ...ends } = await at(1);
  assert.deepEqual(ofTheConnection, ['timeout', 9_999]);
  for (const name of ['neither', 'an invalid one', 'Infinity', 'Infinity of the connection', 'a BigInt', 'a symbol']) assert.deepEqual(ends[name], ['timeout', 10_000], name);
});

test('acceptPending: one deadline for its own code and for the server', async (t) => {
  const { page, core, at, heard } = await open(t);
  let come;
  const gate = new Promise((resolve) => { come = resolve; });
  await page.route('**/accept.js', async (route) => {
    await gate;
    return route.continue();
  });
  core.come();
  await page.evaluate(() => {
    const key = 'inv1_OMUvgMnQHFYjTg1MPDEck1mquf66EY1dR9Mw';
    sessionStorage.setItem('invite-keys:pending', JSON.stringify({ key, capturedAt: new Date(), continueUrl: location.href, via: 'fragment' }));
    sdk.configure(here);
    begin('accept', sdk.invites.acceptPending(() => true, { timeout: 1000 }));
  });
  assert.deepEqual(await at(900), {});
  come();
  await heard('sent');
  assert.deepEqual(await at(99), {});
  assert.deepEqual(await at(2), { accept: ['timeout', 1000] });
});

test('a signal whose listeners throw is not heard: the call goes on, and no timer stays behind', async (t) => {
  const { page, core } = await open(t);
  await page.evaluate(() => {
    const timers = window.timers = new Set();
    const { setTimeout: set, clearTimeout: clear } = window;
    window.setTimeout = (then, ...more) => {
      const timer = set(() => { timers.delete(timer); then(); }, ...more);
      timers.add(timer);
      return timer;
    };
    window.clearTimeout = (timer) => { timers.delete(timer); clear(timer); };
    const throws = () => { throw Object.assign(new Error('of the page'), { code: 'ENOENT' }); };
    const fetch = async () => new Response('{"invites":[]}', { headers: { 'content-type': 'application/json' } });
    const call = (signal) => sdk.connect({ ...here, fetch }).get({ signal }).then(({ length }) => length, ({ name, code }) => [name, code]);
    window.calls = [
      call({ aborted: false, addEventListener: throws, removeEventListener() {} }),
      call({ aborted: false, addEventListener() {}, removeEventListener: throws }),
      call({ aborted: true, get reason() { return throws(); }, addEventListener() {}, removeEventListener() {} }),
    ];
  });
  core.come();
  assert.deepEqual(await page.evaluate(() => Promise.all(calls)), [0, 0, ['InviteError', 'aborted']]);
  assert.equal(await page.evaluate(() => timers.size), 0);
});

test('offline functions and ready() have a deadline, too', async (t) => {
  const { page, at } = await open(t);
  await page.evaluate(() => {
    begin('inspect', sdk.inspect('x'));
    begin('find', sdk.find('x'));
    begin('qrCode', sdk.qrCode('x'));
    begin('ready', sdk.ready());
  });
  assert.deepEqual(await at(9_999), {});
  assert.deepEqual(await at(1), Object.fromEntries(['inspect', 'find', 'qrCode', 'ready'].map((name) => [name, ['timeout', 10_000]])));
});

test('a server that went silent: who waits asks again after half of the time, and all who wait get it', async (t) => {
  const { page, core, at, heard } = await open(t);
  const call = (name) => page.evaluate((name) => begin(name, sdk.connect(here).check('nothing', { timeout: 20_000 })), name);
  await call('first');
  await heard('asked');
  await at(5_000);
  await call('second');
  await at(4_999);
  assert.deepEqual(core.asked, ['core_bg.wasm'], 'the first attempt is young');
  core.comeToTheNext();
  await at(1);
  for (const name of ['first', 'second']) {
    await heard(name);
    assert.equal((await at(0))[name][0], 'malformed_key', 'what the core itself says');
  }
  assert.deepEqual(core.asked, ['core_bg.wasm', 'core_bg.wasm']);
});

test('an aborted signal loads nothing; one that is aborted meanwhile ends the call at once', async (t) => {
  const { page, core, at } = await open(t);
  const causes = await page.evaluate(async () => {
    const reason = new Error('changed my mind');
    const calls = (call) => [
      sdk.connect(here).get(call), sdk.connect(here).create({}, 'notes', call), sdk.connect(here).list({}, call).next(), sdk.connect(here).preview('x', call),
    ];
    const causes = (promises) => Promise.all(promises.map((promise) => promise.catch(({ code, cause }) => [code, cause === reason])));
    const before = await causes(calls({ signal: AbortSignal.abort(reason) }));
    const controller = new AbortController();
    const meanwhile = calls({ signal: controller.signal });
    controller.abort(reason);
    return [before, await causes(meanwhile)];
  });
  for (const each of causes) assert.deepEqual(each, Array(4).fill(['aborted', true]));
  await at(0);
  assert.ok(core.asked.length <= 1, 'the second four asked for it once');
});

test('an aborted signal alone asks for nothing', async (t) => {
  const { page, core } = await open(t);
  const code = await page.evaluate(() => sdk.connect(here).get({ signal: AbortSignal.abort() }).catch((error) => error.code));
  assert.equal(code, 'aborted');
  // What was asked for before this answer would have been heard of by now.
  await page.evaluate(() => fetch('blank.html'));
  assert.deepEqual(core.asked, []);
});

test('close() ends calls that wait for the core', async (t) => {
  const { page, at } = await open(t);
  await page.evaluate(() => {
    const one = sdk.connect(here);
    begin('connect', one.get());
    one.close();
    sdk.configure(here);
    begin('invites', sdk.invites.get());
    sdk.invites.close();
    begin('afterwards', one.get());
  });
  assert.deepEqual(await at(0), { connect: ['closed', 0], invites: ['closed', 0], afterwards: ['closed', 0] });
});

test('no listener and no timer stays behind, however a call ends', async (t) => {
  const { page, core } = await open(t);
  const left = await page.evaluate(async () => {
    let listeners = 0;
    const timers = new Set();
    const controller = new AbortController();
    const { signal } = controller;
    for (const [name, change] of [['addEventListener', 1], ['removeEventListener', -1]]) {
      signal[name] = (...given) => {
        listeners += change;
        EventTarget.prototype[name].apply(signal, given);
      };
    }
    const { setTimeout: set, clearTimeout: clear } = window;
    window.setTimeout = (then, ...more) => {
      const timer = set(() => { timers.delete(timer); then(); }, ...more);
      timers.add(timer);
      return timer;
    };
    window.clearTimeout = (timer) => {
      timers.delete(timer);
      clear(timer);
    };
    const answer = async () => new Response('{"invites":[]}', { headers: { 'content-type': 'application/json' } });
    const one = sdk.connect({ ...here, fetch: answer });
    window.settled = [
      one.get({ signal }), one.check('x', { signal }), one.list({}, { signal }).next(),
      sdk.connect({ ...here, fetch: () => Promise.reject(new Error('no')) }).create({}, 'notes', { signal }),
    ];
    window.counted = async () => {
      await Promise.allSettled(settled);
      for (let more = 0; more < 50; more += 1) await one.get({ signal });
      return { listeners, timers: timers.size };
    };
    const closed = sdk.connect(here);
    settled.push(closed.get({ signal }));
    closed.close();
    return 'begun';
  });
  assert.equal(left, 'begun');
  core.come();
  assert.deepEqual(await page.evaluate(() => counted()), { listeners: 0, timers: 0 });
});
