// How parts are loaded, in Chromium: every way in which that fails ends in an error that says what to do, and a page's own
// `fetch`, media types and silent servers are lived with.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from '../support/chromium.mjs';
import { freshResource, setMember } from '../support/server.mjs';
import { installedProject } from './support/package.mjs';
import { startSite } from './support/site.mjs';
import { suite } from './support/suite.mjs';

const KEY = 'ab'.repeat(32);
const all = suite();
let browser, folder, site;
before(async () => {
  browser = await launchChromium();
  folder = await installedProject(all, { files: ['blank.html'] });
  site = await startSite(all, { folder });
});
after(() => browser.close());

/** A page with the package as `sdk`; nothing it rejects with may go unhandled. */
async function open(t, { at = site, init } = {}) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const unhandled = [];
  page.on('pageerror', (error) => unhandled.push(error.message));
  t.after(() => assert.deepEqual(unhandled, [], 'unhandled'));
  if (init) await page.addInitScript(init);
  await page.goto(`${at.files}/blank.html`);
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname.split('/').at(-1)));
  await page.evaluate(async () => { window.sdk = await import('./node_modules/invite-keys/index.js'); });
  return { page, asked, wasm: () => asked.filter((name) => name.endsWith('.wasm')) };
}

/** What becomes of a call of each sort: the core's, an offline one and `ready`. */
const outcomes = (page) => page.evaluate(async (key) => {
  const { connect, inspect, isInviteError, ready } = sdk;
  const end = (promise) => promise.then(() => 'answered', (error) => ({ ours: isInviteError(error), code: error.code, retryable: error.retryable, status: error.status, message: error.message }));
  const here = connect({ server: location.origin, dialect: 'http' });
  // A malformed key is answered by the core itself.
  return { call: await end(here.check('nothing')), offline: await end(inspect(key)), ready: await end(ready()) };
}, KEY);

const LOADED = { ours: true, code: 'malformed_key', retryable: false };
async function loads(page) {
  const { call, ...others } = await outcomes(page);
  assert.deepEqual({ ours: call.ours, code: call.code, retryable: call.retryable }, LOADED);
  assert.deepEqual(others, { offline: 'answered', ready: 'answered' });
}

async function fails(page, { retryable, ...expected }, ...sentences) {
  const found = await outcomes(page);
  for (const [which, { message, ...error }] of Object.entries(found)) {
    assert.deepEqual(error, { ours: true, code: 'load_failed', retryable, ...expected }, `${which}: ${message}`);
    for (const sentence of sentences) assert.match(message, sentence, which);
  }
}

test('as usual: each module once, compiled while it comes', async (t) => {
  const { page, asked, wasm } = await open(t);
  await loads(page);
  await loads(page);
  assert.deepEqual(wasm().sort(), ['core_bg.wasm', 'find_bg.wasm', 'offline_bg.wasm', 'qr_bg.wasm']);
  assert.ok(asked.includes('index.js'));
});

test('a wrong media type: it works, and nothing is fetched twice', async (t) => {
  const { page, wasm } = await open(t);
  await page.route('**/*.wasm', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { 'content-type': 'application/octet-stream' } });
  });
  await loads(page);
  assert.deepEqual(wasm().sort(), ['core_bg.wasm', 'find_bg.wasm', 'offline_bg.wasm', 'qr_bg.wasm']);
});

test('a page whose `fetch` wraps responses in a Proxy', async (t) => {
  const { page, wasm } = await open(t, { init: () => {
    const original = window.fetch;
    const handler = {
      get(target, name) {
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    };
    window.fetch = async (...given) => new Proxy(await original(...given), handler);
  } });
  await loads(page);
  assert.equal(wasm().length, 4);
});

test('HTML in place of WebAssembly, as servers with a fallback page answer: the error says so, and from where', async (t) => {
  const { page } = await open(t);
  await page.route('**/*.wasm', (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: '<!doctype html><title>An app</title>' }));
  await fails(page, { retryable: true, status: undefined }, /\/wasm\/\w+_bg\.wasm is no WebAssembly but text\/html/);
});

test('the same through a `fetch` of the page that makes responses of its own', async (t) => {
  const { page } = await open(t, { init: () => { window.fetch = async () => new Response('<!doctype html><title>An app</title>', { headers: { 'content-type': 'text/html' } }); } });
  await fails(page, { retryable: true, status: undefined }, /^What this page's own fetch\(\) gave for WebAssembly is no WebAssembly but text\/html \(/);
});

test('and one that says of no type what it gives', async (t) => {
  const { page } = await open(t, { init: () => { window.fetch = async () => new Response(new Uint8Array([1])); } });
  await fails(page, { retryable: true, status: undefined }, /is no WebAssembly but of no type \(/);
});

for (const [status, retryable] of [[404, false], [429, true], [503, true]]) {
  test(`status ${status}`, async (t) => {
    const { page } = await open(t);
    await page.route('**/*.wasm', (route) => route.fulfill({ status, body: '' }));
    await fails(page, { retryable, status }, new RegExp(`_bg\\.wasm answered with status ${status}`));
  });
}

test('offline, and online again', async (t) => {
  const { page } = await open(t);
  await page.route('**/*.wasm', (route) => route.abort());
  await fails(page, { retryable: true, status: undefined }, /did not load/);
  await page.unroute('**/*.wasm');
  await loads(page);
});

test('what a cache has kept wrongly is asked for again', async (t) => {
  const { page } = await open(t);
  await page.evaluate(() => {
    const original = window.fetch;
    window.modes = [];
    window.fetch = (url, init) => {
      modes.push(init?.cache ?? 'default');
      return modes.length === 1 ? Promise.resolve(new Response('', { status: 503 })) : original(url, init);
    };
  });
  const codes = await page.evaluate(async () => {
    const code = () => sdk.connect({ server: location.origin, dialect: 'http' }).check('nothing').catch((error) => error.code);
    return [await code(), await code(), modes];
  });
  assert.deepEqual(codes, ['load_failed', 'malformed_key', ['default', 'reload']]);
});

test('a Content-Security-Policy without \'wasm-unsafe-eval\': named, and not to be tried again', async (t) => {
  const strict = await startSite(t, { folder, headers: { 'Content-Security-Policy': "default-src 'none'; script-src 'self'; connect-src 'self'" } });
  // Whoever drives a page by `evaluate` is not bound by its policy: the page's own modules are.
  const { page } = await open(t, { at: strict });
  await fails(page, { retryable: false, status: undefined }, /'wasm-unsafe-eval'/);
});

test('no WebAssembly: said, not to be tried again, and nothing is downloaded for it', async (t) => {
  const { page, wasm } = await open(t, { init: () => { delete window.WebAssembly; } });
  await fails(page, { retryable: false, status: undefined }, /WebAssembly/);
  assert.deepEqual(wasm(), []);
});

test('no `fetch`', async (t) => {
  const { page } = await open(t, { init: () => { delete window.fetch; } });
  await fails(page, { retryable: false, status: undefined }, /fetch\(\)/);
});

for (const [what, init] of [
  ['throws', () => { window.fetch = () => { throw new Error('not today'); }; }],
  ['throws what is no error', () => { window.fetch = () => { throw undefined; }; }],
  ['gives no response', () => { window.fetch = async () => 'nothing of the kind'; }],
  ['gives a promise that is rejected with a string', () => { window.fetch = () => Promise.reject('no'); }],
  ['gives a response whose members throw', () => { window.fetch = async () => new Proxy({}, { get(_, name) { if (name === 'then') return undefined; throw new Error(name); } }); }],
]) {
  test(`a \`fetch\` that ${what}`, async (t) => {
    const { page } = await open(t, { init });
    await fails(page, { retryable: true, status: undefined }, /did not load/);
  });
}

test('WebAssembly without compileStreaming, as in older browsers', async (t) => {
  const { page, wasm } = await open(t, { init: () => { delete WebAssembly.compileStreaming; } });
  await loads(page);
  assert.equal(wasm().length, 4);
});

test('glue that does not come: the error says that a browser may want a reload, and the core has its own already', async (t) => {
  const { page, asked } = await open(t);
  await page.route(/\/wasm\/\w+\.js$/, (route) => route.abort());
  const { call, offline, ready } = await outcomes(page);
  assert.equal(call.code, 'malformed_key');
  for (const error of [offline, ready]) {
    assert.deepEqual([error.code, error.retryable], ['load_failed', true]);
    assert.match(error.message, /reload/);
  }
  assert.ok(!asked.includes('core.js'), 'the core\'s glue came with index.js');
});

test('a listener is not lost when what hears for it did not load: the next call tries again', async (t) => {
  const { page } = await open(t);
  const resource = freshResource();
  await setMember(site.url, resource, 'alice', 'arw');
  let refused = 0;
  await page.route('**/events.js', (route) => {
    refused += 1;
    return refused === 1 ? route.abort() : route.continue();
  });
  const failed = page.waitForEvent('requestfailed');
  await page.evaluate(async (resource) => {
    const body = new URLSearchParams({ username: 'alice', password: 'demo' });
    await fetch('/auth/test', { method: 'POST', headers: { Accept: 'application/json' }, body });
    window.here = sdk.connect({ server: location.origin, dialect: 'http', resource });
    here.addEventListener('inviteused', () => {});
  }, resource);
  await failed;
  const stream = page.waitForRequest((request) => request.url().endsWith('/events'));
  await page.evaluate(() => here.get());
  await stream;
  assert.equal(refused, 2);
});
