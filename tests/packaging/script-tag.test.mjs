// `<script type="module">` and files as they are: with a relative import, with an import map, under the strictest CSP.
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchChromium } from '../support/chromium.mjs';
import { freshResource, setMember } from '../support/server.mjs';
import { expected } from './projects/story.js';
import { installedProject, packageFolder, temporaryFolder } from './support/package.mjs';
import { startSite } from './support/site.mjs';

const CSP = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'";
const files = ['relative.html', 'relative.js', 'import-map.html', 'main.js', 'story.js'];
let browser;
before(async () => { browser = await launchChromium(); });
after(() => browser.close());

async function open(t, site, path) {
  const page = await browser.newPage();
  t.after(() => page.close());
  const complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${site.files}/${path}`);
  return { page, complaints };
}

for (const dialect of ['http', 'webstrates']) {
  test(`a relative import under the documented CSP, ${dialect}`, async (t) => {
    const folder = await installedProject(t, { files });
    const site = await startSite(t, { folder, headers: { 'Content-Security-Policy': CSP } });
    const resource = freshResource();
    await setMember(site.url, resource, 'alice', 'arw');
    const { page, complaints } = await open(t, site, 'relative.html');
    await page.waitForFunction(() => window.tell);
    assert.deepEqual(site.asked.filter((path) => path.includes('/wasm/')), [], 'importing loads no WebAssembly');
    assert.deepEqual(await page.evaluate((options) => tell(options), { dialect, resource }), expected(dialect));
    const modules = site.asked.filter((path) => path.endsWith('.wasm')).map((path) => path.split('/').at(-1));
    assert.deepEqual(modules.slice(0, 2), ['core_bg.wasm', 'find_bg.wasm'], 'each when it is needed');
    assert.deepEqual(modules.slice(2).sort(), ['offline_bg.wasm', 'qr_bg.wasm'], 'the others by ready(), each once');
    // Chromium itself reports the last call's refusal, an HTTP status, on the console.
    assert.deepEqual(complaints.filter((text) => !/status of 4\d\d/.test(text)), []);
  });
}

test('an import map', async (t) => {
  const folder = await installedProject(t, { files });
  const site = await startSite(t, { folder });
  const resource = freshResource();
  await setMember(site.url, resource, 'alice', 'arw');
  const { page } = await open(t, site, 'import-map.html');
  await page.waitForFunction(() => window.tell);
  assert.deepEqual(await page.evaluate((options) => tell(options), { dialect: 'http', resource }), expected('http'));
});

test('inline.js loads nothing more: it captures at once, creates, asks and accepts by itself', async (t) => {
  const folder = await temporaryFolder(t);
  await cp(join(packageFolder, 'inline.js'), join(folder, 'inline.js'));
  await cp(new URL('projects/blank.html', import.meta.url), join(folder, 'blank.html'));
  const site = await startSite(t, { folder, headers: { 'Content-Security-Policy': CSP } });
  const resource = freshResource();
  await setMember(site.url, resource, 'alice', 'arw');
  const { page } = await open(t, site, `blank.html#acceptInvite=${'0a'.repeat(32)}`);
  const told = await page.evaluate(async (resource) => {
    const { auto, configure, connect, invites, isInviteError, ready } = await import('./inline.js');
    auto('off');
    const captured = [location.hash, invites.pending?.kind];
    await ready();
    const as = async (username) => {
      const body = new URLSearchParams({ username, password: 'demo' });
      const answer = await fetch('/auth/test', { method: 'POST', headers: { Accept: 'application/json' }, body });
      return { server: location.origin, dialect: 'http', auth: { bearer: (await answer.json()).bearer } };
    };
    const { key } = await connect(await as('alice')).create({ permissions: 'r' }, resource);
    configure(await as('bob'));
    const wrong = await invites.check('nothing').catch((error) => isInviteError(error) && error.code);
    const next = new Promise((resolve) => invites.addEventListener('invitecaptured', resolve));
    location.hash = `acceptInvite=${key}&resource=${resource}`;
    await next;
    const { gained } = await invites.acceptPending(({ inviter }) => inviter.username === 'alice');
    return { captured, wrong, gained };
  }, resource);
  assert.deepEqual(told, { captured: ['', 'webstrates'], wrong: 'malformed_key', gained: 'r' });
  assert.deepEqual(site.asked.filter((path) => path.startsWith('/files/')), ['/files/blank.html', '/files/inline.js']);
});

// The core's glue is a part of index.js.
for (const part of ['core_bg.wasm', ...['offline', 'find', 'qr'].flatMap((name) => [`wasm/${name}.js`, `${name}_bg.wasm`])]) {
  test(`loading may be tried again after ${part} did not come`, async (t) => {
    const folder = await installedProject(t, { files });
    let broken = true;
    const site = await startSite(t, { folder, refuse: (path) => broken && path.endsWith(part) });
    const { page } = await open(t, site, 'relative.html');
    const attempt = () => page.evaluate(async () => {
      const { ready, isInviteError } = await import('./node_modules/invite-keys/index.js');
      return ready().then(() => 'loaded', (error) => [isInviteError(error), error.code, error.retryable]);
    });
    assert.deepEqual(await attempt(), [true, 'load_failed', true]);
    broken = false;
    assert.equal(await attempt(), 'loaded');
  });
}
