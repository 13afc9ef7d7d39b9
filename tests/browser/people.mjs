// Two people at two computers: a browser, the real server, and one context (cookies, storage) per person.
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { launchChromium } from '../support/chromium.mjs';
import { setMember, signIn, startServer, freshResource } from '../support/server.mjs';

/** One server and one browser for a test file; `start` is for a server with other options. */
export function stage({ start = startServer } = {}) {
  const it = { server: null, browser: null };
  before(async () => {
    [it.server, it.browser] = await Promise.all([start(), launchChromium()]);
  });
  after(async () => {
    await it.browser?.close();
    await it.server?.stop();
  });

  /**
   * Somebody's window. `page.problems` collects what a person with open developer tools would see go wrong.
   * `signedIn: false` leaves the sign-in to the test.
   */
  it.person = async (username, { signedIn = true, ...options } = {}) => {
    const context = await it.browser.newContext({ baseURL: it.server.url, reducedMotion: 'reduce', ...options });
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: it.server.url });
    context.setDefaultTimeout(30_000);
    if (signedIn) {
      const { cookie } = await signIn(it.server.url, username);
      const [name, value] = splitOnce(cookie, '=');
      await context.addCookies([{ name, value, url: it.server.url, httpOnly: true, sameSite: 'Lax' }]);
    }
    const page = await context.newPage();
    page.problems = watchForProblems(page);
    return page;
  };

  /** A resource of its own for a test, of which alice is admin. */
  it.resource = async (members = { alice: 'arw' }) => {
    const resource = freshResource();
    for (const [username, permissions] of Object.entries(members)) await setMember(it.server.url, resource, username, permissions);
    return resource;
  };

  return it;
}

function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Console errors and warnings, uncaught exceptions, answers that are failures. */
export function watchForProblems(page) {
  const problems = [];
  page.on('console', (message) => {
    if (['error', 'warning', 'assert'].includes(message.type())) problems.push(`console ${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  return problems;
}

/** Nothing went wrong in these windows. */
export function noProblems(...pages) {
  for (const page of pages) assert.deepEqual(page.problems, []);
}

/** Makes an invite through the form and answers its link, read from the clipboard as a person would paste it. */
export async function createInvite(page, { permissions = 'Read', expiry, people } = {}) {
  const manager = page.locator('invite-manager');
  await manager.getByRole('radio', { name: permissions, exact: true }).check();
  if (expiry) await manager.getByLabel('Link works for').selectOption({ label: expiry });
  if (people) await manager.getByLabel('How many people?').fill(String(people));
  await manager.getByRole('button', { name: 'Create invite link' }).click();
  const field = manager.getByLabel('Invite link', { exact: true });
  await field.waitFor();
  await manager.getByRole('button', { name: 'Copy link', exact: true }).click();
  await manager.getByRole('button', { name: 'Copied', exact: true }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(link, await field.inputValue());
  return link;
}

/** The key inside a link. */
export function keyOf(link) {
  const key = /[?#&]acceptInvite=([^&#]+)/.exec(link)?.[1];
  assert.ok(key, 'the link has a key');
  return key;
}

/** For a page's init script: its clock is so many milliseconds wrong. */
export function shiftClock(milliseconds) {
  const { now } = Date;
  // eslint-disable-next-line no-global-assign
  Date = class extends Date {
    constructor(...args) { super(...(args.length ? args : [now() + milliseconds])); }
    static now() { return now() + milliseconds; }
  };
}

const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'self' data:";
const PAGE = (lang) => `<!doctype html><html lang="${lang}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Mine</title>
<script type="module" src="/sdk/auto.js" data-policy="off"></script><script type="module" src="/mine.js"></script>
<body><main><h1>Mine</h1><invite-acceptor sign-in="/auth/test"></invite-acceptor><invite-manager></invite-manager></main>`;
const SCRIPT = `import { connect, invites } from '/sdk/index.js';
import '/sdk/elements.js';
document.querySelector('invite-acceptor').invites = invites;
const resource = new URLSearchParams(location.search).get('resource');
if (resource) document.querySelector('invite-manager').invites = connect({ resource });`;

/** Serves `/mine.html` to a page: both elements on a page of one's own, under the content policy that we ask for and no more. */
export async function ownPage(page, lang = 'en') {
  await page.route(/\/mine\.(html|js)/, (route) => (route.request().url().includes('.js')
    ? route.fulfill({ contentType: 'text/javascript', body: SCRIPT })
    : route.fulfill({ contentType: 'text/html', body: PAGE(lang), headers: { 'Content-Security-Policy': POLICY } })));
}
