// The unmodified Webstrates 1.8, emulated with its faults, and people with browsers of their own in front of it.
import { after, before } from 'node:test';
import { launchChromium } from '../support/chromium.mjs';
import { freshResource, signIn, startEmulator } from '../support/server.mjs';

/** One emulator and one browser for a test file. `settings` are those of `/emulate/settings`. */
export function webstrates(settings = {}) {
  const it = { server: null, browser: null };
  before(async () => {
    [it.server, it.browser] = await Promise.all([startEmulator(), launchChromium()]);
    await it.change(settings);
  });
  after(async () => {
    await it.browser?.close();
    await it.server?.stop();
  });

  /** Asks the emulator's controls. */
  it.control = async (method, path, body) => {
    const response = await fetch(`${it.server.url}/emulate/${path}`, {
      method,
      headers: { 'Content-Type': 'application/json', Origin: it.server.url },
      body: body && JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} /emulate/${path} answered ${response.status}: ${await response.text()}`);
    return response.status === 204 ? null : response.json();
  };
  it.change = (changes) => it.control('PATCH', 'settings', changes);
  it.calls = async () => (await it.control('GET', 'calls')).calls;

  /** A webstrate: `auth` as `{ name: letters }`, the rest as the controls take it. */
  it.webstrate = async ({ auth, id = freshResource('doc'), ...more } = {}) => {
    const entries = auth && Object.entries(auth).map(([username, permissions]) => (
      { username, provider: username === 'anonymous' ? '' : 'test', permissions }));
    await it.control('PUT', `webstrates/${id}`, { ...more, ...(entries && { auth: entries }) });
    return id;
  };

  /** What `data-auth` says now, as `{ name: letters }`. */
  it.letters = async (id) => {
    const { auth } = await it.control('GET', `webstrates/${id}`);
    return Object.fromEntries(auth.map(({ username, permissions }) => [username, permissions]));
  };

  /** Somebody's browser, on a page of this server's that is no webstrate of theirs. */
  it.person = async (username) => {
    const context = await it.browser.newContext({ baseURL: it.server.url });
    context.setDefaultTimeout(30_000);
    if (username) await it.signIn(context, username);
    const page = await context.newPage();
    page.problems = [];
    page.on('pageerror', (error) => page.problems.push(`uncaught: ${error.message}`));
    await page.goto('/auth/test');
    return page;
  };

  it.signIn = async (context, username) => {
    const { cookie } = await signIn(it.server.url, username);
    const at = cookie.indexOf('=');
    await context.addCookies([{ name: cookie.slice(0, at), value: cookie.slice(at + 1), url: it.server.url, httpOnly: true, sameSite: 'Lax' }]);
  };

  /** A handle of the SDK in a page: `call('accept', key)` gives `{ value }` or `{ error }`, and how long it took. */
  it.open = async (page, resource, options = {}) => {
    await page.evaluate(async ({ resource, options }) => {
      const { connect } = await import('/sdk/index.js');
      window.invites = connect({ server: location.origin, dialect: 'webstrates', resource, ...options });
      window.events = [];
      for (const type of ['invitecreated', 'inviteaccepted', 'inviterejected', 'invitewarning', 'inviteused']) {
        window.invites.addEventListener(type, ({ detail }) => window.events.push([type, detail]));
      }
      const { preview } = window.invites;
      window.settle = async (method, ...args) => {
        const start = performance.now();
        const took = () => performance.now() - start;
        try {
          if (method === 'outcome') {
            const [key, policy] = args;
            sessionStorage.setItem('invite-keys:pending', JSON.stringify({ key, resource, capturedAt: new Date(), continueUrl: location.href, via: 'query' }));
            return { value: await window.invites.acceptPending(policy ?? (() => true)), took: took() };
          }
          if (['list', 'members'].includes(method)) return { value: await Array.fromAsync(window.invites[method](...args)), took: took() };
          return { value: await window.invites[method](...args), took: took() };
        } catch ({ name, code, message, retryable, retryAfter }) {
          return { error: { name, code, message, retryable, retryAfter }, took: took() };
        }
      };
    }, { resource, options });
    return {
      page,
      call: (...args) => page.evaluate((args) => window.settle(...args), args),
      /** Several at once, in one turn. */
      calls: (...many) => page.evaluate((many) => Promise.all(many.map((args) => window.settle(...args))), many),
      events: () => page.evaluate(() => window.events),
    };
  };

  /** An invite, made by its admin in a browser of theirs. */
  it.invite = async (admin, permissions) => {
    const { value, error } = await admin.call('create', { permissions, maxAge: 3600 });
    if (error) throw new Error(`create failed: ${error.code} ${error.message}`);
    return value.key;
  };

  return it;
}
