// The synchronous half of `auto` and the <head> snippet: out of the address at once, into this tab's storage.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { launchChromium } from '../support/chromium.mjs';
import { freshResource, setMember, signIn } from '../support/server.mjs';
import { installedProject, packageFolder } from './support/package.mjs';
import { startSite } from './support/site.mjs';
import { suite } from './support/suite.mjs';

const KEY = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);

// address → what is left of it, and the record.
const ADDRESSES = [
  { from: `?acceptInvite=${KEY}`, to: '', via: 'query' },
  { from: `?acceptInvite=${KEY}#top`, to: '#top', via: 'query' },
  { from: `?acceptInvite=${KEY}&a=%41&b=x+y`, to: '?a=%41&b=x+y', via: 'query' },
  { from: `?a=1&acceptInvite=${KEY}&&b=%zz`, to: '?a=1&&b=%zz', via: 'query' },
  { from: `?a&acceptInvite=${KEY}`, to: '?a', via: 'query' },
  { from: `?acceptInvite=${KEY}&resource=notes`, to: '?resource=notes', via: 'query' },
  { from: `#acceptInvite=${KEY}`, to: '', via: 'fragment' },
  { from: `#acceptInvite=${KEY}&resource=notes`, to: '', via: 'fragment', resource: 'notes' },
  { from: `?x=1#resource=notes&acceptInvite=${KEY}`, to: '?x=1', via: 'fragment', resource: 'notes' },
  { from: `#section&acceptInvite=${KEY}&resource=a.b-c_1&t=5`, to: '#section&t=5', via: 'fragment', resource: 'a.b-c_1' },
  { from: `#acceptInvite=secret-token%3A${KEY}`, to: '', via: 'fragment', key: `secret-token:${KEY}` },
  { from: `?acceptInvite=${KEY}&acceptInvite=${KEY}`, to: '', via: 'query' },
  { from: `?acceptInvite=${KEY}#acceptInvite=${KEY}`, to: '', via: 'fragment' },
  { from: `?acceptInvite=${KEY}&acceptInvite=${OTHER}`, to: '', via: 'query', key: `${KEY} ${OTHER}` },
  { from: '?acceptInvite=&b', to: '?b', via: 'query', key: '' },
  { from: '?acceptInvite=%zz$&', to: '?', via: 'query', key: '%zz$' },
  { from: `?accept%49nvite=${KEY}`, to: '', via: 'query' },
  { from: '?acceptInvite', to: '', via: 'query', key: '' },
  { from: '?acceptInvite=', to: '', via: 'query', key: '' },
  { from: '?a&acceptInvite&b', to: '?a&b', via: 'query', key: '' },
  { from: `?acceptInvite=${KEY}&`, to: '?', via: 'query' },
  { from: `?&acceptInvite=${KEY}`, to: '?', via: 'query' },
  { from: '?acceptInvite=a+b%2Bc', to: '', via: 'query', key: 'a b+c' },
  { from: '?acceptInvite=%C3%B8', to: '', via: 'query', key: 'ø' },
  { from: '?acceptInvite=%69nv', to: '', via: 'query', key: 'inv' },
  { from: '?acceptInvite=%E0%A4%A', to: '', via: 'query', key: '\uFFFD%A' },
  { from: '?acceptInvite=a=b', to: '', via: 'query', key: 'a=b' },
  { from: `?acceptInvite=${KEY}?acceptInvite=${OTHER}`, to: '', via: 'query', key: `${KEY}?acceptInvite=${OTHER}` },
  { from: `?acceptInvite=${KEY}#acceptInvite=${OTHER}`, to: '', via: 'fragment', key: `${KEY} ${OTHER}` },
  { from: `?acceptInvite=${KEY}#resource=notes`, to: '#resource=notes', via: 'query' },
  { from: `#acceptInvite=${KEY}#resource=n`, to: '', via: 'fragment', key: `${KEY}#resource=n` },
  { from: `#acceptInvite=${KEY}&resource=n&resource=m`, to: '', via: 'fragment', resource: 'n m' },
  { from: `#acceptInvite=${KEY}&resource=n&resource=n`, to: '', via: 'fragment', resource: 'n' },
  { from: `#acceptInvite=${KEY}&resource`, to: '', via: 'fragment', resource: '' },
  { from: `#x?resource=n&acceptInvite=${KEY}`, to: '#x?resource=n', via: 'fragment' },
  { from: `#/route&acceptInvite=${KEY}&r%65source=n`, to: '#/route', via: 'fragment', resource: 'n' },
  // Behind a second `?`, behind `;`, in a path, in another's value and in other letters it is none of ours.
  { from: `#/route?acceptInvite=${KEY}`, to: `#/route?acceptInvite=${KEY}`, via: null },
  { from: `#?acceptInvite=${KEY}`, to: `#?acceptInvite=${KEY}`, via: null },
  { from: `??acceptInvite=${KEY}`, to: `??acceptInvite=${KEY}`, via: null },
  { from: `?q=a?acceptInvite=${KEY}`, to: `?q=a?acceptInvite=${KEY}`, via: null },
  { from: `?a=b;acceptInvite=${KEY}`, to: `?a=b;acceptInvite=${KEY}`, via: null },
  { from: `?x=acceptInvite=${KEY}`, to: `?x=acceptInvite=${KEY}`, via: null },
  { from: `?acceptinvite=${KEY}`, to: `?acceptinvite=${KEY}`, via: null },
  { from: '?acceptInvites=1&xacceptInvite=2#resource=notes', to: '?acceptInvites=1&xacceptInvite=2#resource=notes', via: null },
];

const all = suite();
let browser, site, snippet, address;
before(async () => {
  browser = await launchChromium();
  all.after(() => browser.close());
  const folder = await installedProject(all, { files: ['off.html', 'auto.html', 'blank.html'] });
  snippet = await readFile(join(folder, 'node_modules', 'invite-keys', 'head.js'), 'utf8');
  site = await startSite(all, { folder });
  address = `${site.files}/off.html`;
});

async function newPage(t) {
  const context = await browser.newContext();
  t.after(() => context.close());
  return context.newPage();
}

const look = (page) => page.evaluate(() => ({
  url: location.href,
  record: JSON.parse(sessionStorage.getItem('invite-keys:pending')),
  length: history.length,
}));

for (const by of ['auto.js', 'the <head> snippet']) {
  for (const { from, to, via, key = KEY, resource } of ADDRESSES) {
    test(`${by}: ${from}`, async (t) => {
      const page = await newPage(t);
      const target = by === 'auto.js' ? address : `${site.files}/snippet.html`;
      await page.route('**/snippet.html*', (route) => route.fulfill({
        contentType: 'text/html', body: `<!doctype html><head><script>${snippet}</script><title>x</title>`,
      }));
      await page.goto(target + from);
      const { url, record, length } = await look(page);
      assert.equal(url, target + to);
      assert.equal(length, 2, 'no entry of its own (the first is about:blank)');
      if (!via) return assert.equal(record, null);
      const { capturedAt, ...rest } = record;
      assert.deepEqual(rest, { key, ...(resource !== undefined && { resource }), continueUrl: target + to, via });
      assert.ok(Math.abs(Date.now() - Date.parse(capturedAt)) < 60_000);
      assert.equal(new Date(capturedAt).toISOString(), capturedAt);
    });
  }
}

test('history.state stays', async (t) => {
  const page = await newPage(t);
  await page.goto(`${site.files}/blank.html`);
  await page.evaluate((url) => {
    history.pushState({ mine: [1, 2] }, '', url);
    location.reload();
  }, `${address}?acceptInvite=${KEY}`);
  await page.waitForFunction(() => sessionStorage.getItem('invite-keys:pending'));
  assert.deepEqual(await page.evaluate(() => [history.state, location.search]), [{ mine: [1, 2] }, '']);
});

test('the key is out of the address before anything else is requested, and in no Referer', async (t) => {
  const page = await newPage(t);
  const referers = [];
  page.on('request', (request) => referers.push([request.url(), request.headers().referer ?? '']));
  await page.route(/index\.js|wasm|api|well-known/, (route) => route.abort());
  await page.goto(`${site.files}/auto.html?acceptInvite=${KEY}`);
  await page.waitForFunction(() => told.length);
  assert.equal(await page.evaluate(() => location.search), '');
  // It is kept, and the page hears why nothing came of it.
  assert.deepEqual(await page.evaluate(() => told), [['inviterejected', { code: 'load_failed' }]]);
  assert.equal((await look(page)).record.key, KEY);
  const later = referers.filter(([url]) => !/auto\.(html|js)/.test(url));
  assert.ok(later.length);
  assert.deepEqual(later.filter(([, referer]) => referer.includes(KEY)), []);
});

test('a page that brings no invite loads nothing more than auto.js', async (t) => {
  const page = await newPage(t);
  await page.goto(`${site.files}/auto.html`, { waitUntil: 'networkidle' });
  assert.deepEqual(
    await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name.split('/').pop())
      .filter((name) => name !== 'favicon.ico')),
    ['auto.js'],
  );
});

test('`pending` tells of it, without the key, for 15 minutes', async (t) => {
  const page = await newPage(t);
  await page.clock.install();
  await page.goto(`${address}#acceptInvite=${KEY}&resource=notes`);
  const pending = () => page.evaluate(async () => (await import('./node_modules/invite-keys/index.js')).invites.pending);
  const { capturedAt, ...rest } = await pending();
  assert.deepEqual(rest, { resource: 'notes', kind: 'webstrates', continueUrl: address });
  await page.reload();
  assert.equal((await pending()).capturedAt, capturedAt, 'a reload keeps it');
  await page.clock.fastForward('16:00');
  assert.equal(await pending(), null);
  assert.equal((await look(page)).record, null, 'and then the key is gone');
});

test('a link to the very page that is open is captured, too', async (t) => {
  const page = await newPage(t);
  await page.goto(`${site.files}/auto.html`);
  await page.route(/well-known|api/, (route) => route.abort());
  await page.evaluate((key) => { location.hash = `acceptInvite=${key}`; }, KEY);
  await page.waitForFunction(() => told.some(([type]) => type === 'invitecaptured'));
  const { url, record } = await look(page);
  assert.equal(url, `${site.files}/auto.html`);
  assert.equal(record.key, KEY);
});

test('where the rest of auto.js does not come the page hears so, for each link, and it goes on once that is there', async (t) => {
  const page = await newPage(t);
  await page.clock.install();
  let come;
  const there = new Promise((resolve) => { come = resolve; });
  let asked;
  const asks = new Promise((resolve) => { asked = resolve; });
  await page.route('**/pending.js', async (route) => {
    asked();
    await there;
    await route.continue();
  });
  await page.route(/well-known|api/, (route) => route.abort());
  await page.goto(`${site.files}/auto.html?acceptInvite=${KEY}`, { waitUntil: 'commit' });
  await asks;
  const types = () => page.evaluate(() => told.map(([type, { code }]) => (code ? `${type} ${code}` : type)));
  await page.clock.runFor(9_900);
  assert.deepEqual(await types(), []);
  await page.clock.runFor(200);
  assert.deepEqual(await types(), ['inviterejected load_failed']);
  assert.equal((await look(page)).record.key, KEY, 'it is kept');
  // Another link does not wait behind the first.
  await page.evaluate((key) => { location.hash = `acceptInvite=${key}`; }, OTHER);
  await page.waitForFunction(() => !location.hash);
  await page.clock.runFor(10_100);
  assert.deepEqual(await types(), ['inviterejected load_failed', 'inviterejected load_failed']);
  come();
  await page.waitForFunction(() => told.some(([type]) => type === 'invitecaptured'));
  assert.equal((await look(page)).record.key, OTHER);
});

/** What a page may have taken away, or a frame in a sandbox does not have: each throws when it is touched. */
function blocked({ replaceState = false } = {}) {
  const refuse = () => { throw new DOMException('Access is denied for this document.', 'SecurityError'); };
  for (const name of ['sessionStorage', 'localStorage']) Object.defineProperty(window, name, { get: refuse, configurable: true });
  Object.defineProperty(Document.prototype, 'cookie', { get: refuse, set: refuse });
  window.BroadcastChannel = class { constructor() { refuse(); } };
  LockManager.prototype.request = async () => refuse();
  if (replaceState) history.replaceState = refuse;
  window.uncaught = [];
  addEventListener('error', ({ message }) => uncaught.push(message));
  addEventListener('unhandledrejection', ({ reason }) => uncaught.push(String(reason)));
}

test('without storage, cookies, channels and locks a page that brings no invite hears of none', async (t) => {
  const page = await newPage(t);
  await page.addInitScript(blocked);
  await page.goto(`${site.files}/auto.html`, { waitUntil: 'networkidle' });
  const pending = await page.evaluate(async () => (await import('./node_modules/invite-keys/index.js')).invites.pending);
  assert.deepEqual([pending, await page.evaluate(() => [told, uncaught])], [null, [[], []]]);
});

test('without them an invite works on the page that it came to, once', async (t) => {
  const resource = freshResource();
  await setMember(site.url, resource, 'alice', 'arw');
  const { bearer } = await signIn(site.url, 'alice');
  const { key } = await (await fetch(`${site.url}/api/v1/resources/${resource}/invites`, {
    method: 'POST', headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' }, body: '{}',
  })).json();
  const page = await newPage(t);
  await page.addInitScript(blocked);
  const bob = await signIn(site.url, 'bob');
  await page.context().setExtraHTTPHeaders({ Authorization: `Bearer ${bob.bearer}` });
  page.on('dialog', (dialog) => dialog.accept());
  await page.goto(`${site.files}/auto.html#acceptInvite=${key}&resource=${resource}`);
  await page.waitForFunction(() => told.some(([type]) => type === 'inviteaccepted' || type === 'inviterejected'));
  assert.deepEqual(await page.evaluate(() => told.map(([type]) => type)), ['invitecaptured', 'inviteaccepted']);
  assert.deepEqual(await page.evaluate(async () => [(await import('./node_modules/invite-keys/index.js')).invites.pending, uncaught]), [null, []]);
  assert.equal(await page.evaluate(() => location.hash), '');
});

test('an address that cannot be cleaned fails no import, and the invite is taken up', async (t) => {
  const page = await newPage(t);
  await page.addInitScript(() => {
    history.replaceState = () => { throw new DOMException('Too many calls', 'SecurityError'); };
  });
  await page.route(/well-known|api/, (route) => route.abort());
  await page.goto(`${site.files}/auto.html?acceptInvite=${KEY}`);
  await page.waitForFunction(() => told.some(([type]) => type === 'invitecaptured'));
  assert.equal((await look(page)).record.key, KEY);
  assert.equal(await page.evaluate(async () => typeof (await import('./node_modules/invite-keys/auto.js')).setPolicy), 'function');
});

test('the <head> snippet throws nothing where storage or the history are blocked', async (t) => {
  for (const replaceState of [false, true]) {
    const page = await newPage(t);
    await page.addInitScript(blocked, { replaceState });
    await page.route('**/snippet.html*', (route) => route.fulfill({
      contentType: 'text/html', body: `<!doctype html><head><script>${snippet}</script><title>x</title>`,
    }));
    await page.goto(`${site.files}/snippet.html?acceptInvite=${KEY}`);
    assert.deepEqual(await page.evaluate(() => [uncaught, location.search]), [[], replaceState ? `?acceptInvite=${KEY}` : '']);
  }
});

test('auto.js, the <head> snippet and record.js write one record, and auto.js and pending.js know one mark', async () => {
  const [auto, record, pending] = await Promise.all(['auto.js', 'sdk/record.js', 'pending.js'].map((name) => readFile(join(packageFolder, name), 'utf8')));
  const of = (name, text) => new RegExp(`const ${name} = '([^']+)'`).exec(text)[1];
  assert.equal(of('PENDING', auto), of('PENDING', record));
  assert.ok(snippet.includes(`"${of('PENDING', record)}"`));
  assert.equal(of('MARK', auto), of('MARK', pending));
});
