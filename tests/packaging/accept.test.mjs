// The other half of `auto`: what was captured is accepted by policy, once, and kept or forgotten as its outcome says.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { launchChromium } from '../support/chromium.mjs';
import { freshResource, setMember, signIn } from '../support/server.mjs';
import { installedProject } from './support/package.mjs';
import { startSite } from './support/site.mjs';
import { suite } from './support/suite.mjs';

const all = suite();
let browser, site, elsewhere, alice;
before(async () => {
  browser = await launchChromium();
  all.after(() => browser.close());
  const folder = await installedProject(all, { files: ['auto.html', 'signed-in.html', 'off.html', 'blank.html'] });
  site = await startSite(all, { folder });
  elsewhere = await startSite(all, { folder });
  alice = await signIn(site.url, 'alice');
});

const call = async (method, path, body) => {
  const answer = await fetch(`${site.url}/api/v1/${path}`, {
    method,
    headers: { Authorization: `Bearer ${alice.bearer}`, 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  assert.ok(answer.ok, `${path} answered ${answer.status}`);
  return answer.json();
};

/** A resource of alice's with one invite. */
async function invited(options) {
  const resource = freshResource();
  await setMember(site.url, resource, 'alice', 'arw');
  const { key } = await call('POST', `resources/${resource}/invites`, { permissions: 'rw', ...options });
  return { resource, key, fragment: `#acceptInvite=${key}&resource=${resource}` };
}

const permissionsOf = async (resource, username) => {
  const { members } = await call('GET', `resources/${resource}/members`);
  return members.find(({ user }) => user.username === username)?.permissions;
};

async function visitor(t, username) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const asked = [];
  page.answer = true;
  page.on('dialog', (dialog) => {
    asked.push(dialog.message());
    return page.answer ? dialog.accept() : dialog.dismiss();
  });
  if (username) await signInAs(page, username);
  return { page, asked };
}

const signInAs = (page, username) => page.context().request.post(`${site.url}/auth/test`, {
  form: { username, password: 'demo' }, headers: { Accept: 'application/json', Origin: site.url },
});
const heard = (page, type) => page.waitForFunction((name) => told.find(([type]) => type === name)?.[1], type).then((handle) => handle.jsonValue());
const record = (page) => page.evaluate(() => sessionStorage.getItem('invite-keys:pending'));
const acceptances = (server) => server.asked.filter((path) => path.endsWith('/invites/accept')).length;

test('`confirm`, the policy where nothing else is said: a person is asked who invites to what', async (t) => {
  const { resource, key, fragment } = await invited();
  const { page, asked } = await visitor(t, 'bob');
  await page.goto(`${site.files}/auto.html${fragment}`);
  const outcome = await heard(page, 'inviteaccepted');
  assert.equal(asked.length, 1);
  assert.match(asked[0], /alice.*read, write.*bob/i);
  assert.ok(asked[0].includes(resource) && !asked[0].includes(key));
  assert.deepEqual([outcome.resource, outcome.permissions, outcome.gained, outcome.already], [resource, 'rw', 'rw', false]);
  assert.match(outcome.receipt, /^[\w-]+\.[\w-]+\.[\w-]+$/, 'for a backend');
  await page.waitForFunction(() => !sessionStorage.getItem('invite-keys:pending'));
  assert.equal(await permissionsOf(resource, 'bob'), 'rw');
  const captured = await heard(page, 'invitecaptured');
  assert.deepEqual(Object.keys(captured).sort(), ['capturedAt', 'continueUrl', 'kind', 'resource']);
});

test('who says no is not asked again, and may still accept by the page\'s own button', async (t) => {
  const { resource, fragment } = await invited();
  const { page, asked } = await visitor(t, 'bob');
  page.answer = false;
  await page.goto(`${site.files}/auto.html${fragment}`);
  await page.waitForFunction(() => JSON.parse(sessionStorage.getItem('invite-keys:pending')).declined);
  assert.equal(await permissionsOf(resource, 'bob'), undefined);
  await page.reload();
  await heard(page, 'invitecaptured');
  const outcome = await page.evaluate(async () => {
    const { invites } = await import('./node_modules/invite-keys/index.js');
    const both = await Promise.all([invites.acceptPending(() => true), invites.acceptPending(() => true)]);
    return [...both, invites.pending];
  });
  // Together, not one after the other: the second would have had it already.
  assert.deepEqual([outcome[0].already, outcome[0], outcome[2]], [false, outcome[1], null]);
  assert.equal(asked.length, 1);
});

test('who presses the page\'s own button while `auto` still looks the invite up is not asked again', async (t) => {
  const { fragment } = await invited();
  const { page, asked } = await visitor(t, 'bob');
  page.answer = false;
  let looks;
  const looking = new Promise((resolve) => { looks = resolve; });
  let go;
  const pressed = new Promise((resolve) => { go = resolve; });
  await page.route('**/invites/check', async (route) => {
    // The first look is whether the server knows what stands in for the key; nothing is asked after that.
    if (await page.evaluate(() => !JSON.parse(sessionStorage.getItem('invite-keys:pending')).kept)) return route.continue();
    looks();
    await pressed;
    return route.continue();
  });
  await page.goto(`${site.files}/auto.html${fragment}`);
  await looking;
  const outcome = page.evaluate(async () => {
    const { invites } = await import('./node_modules/invite-keys/index.js');
    window.button = invites.acceptPending(() => true);
    return window.button;
  });
  await page.waitForFunction(() => Boolean(window.button));
  go();
  assert.equal((await outcome).permissions, 'rw');
  assert.deepEqual(asked, []);
});

test('`signed-in` does not ask, unless the invite makes one an admin', async (t) => {
  const { page, asked } = await visitor(t, 'bob');
  const plain = await invited();
  await page.goto(`${site.files}/signed-in.html${plain.fragment}`);
  assert.equal((await heard(page, 'inviteaccepted')).permissions, 'rw');
  assert.equal(asked.length, 0);
  const admin = await invited({ permissions: 'ar' });
  await page.goto('about:blank');
  await page.goto(`${site.files}/signed-in.html${admin.fragment}`);
  assert.equal((await heard(page, 'inviteaccepted')).permissions, 'ar');
  assert.equal(asked.length, 1);
});

test('signed out: kept, accepted once after signing in, and not again by reloading', async (t) => {
  const { resource, key } = await invited();
  const { page } = await visitor(t);
  await page.goto(`${site.files}/signed-in.html?acceptInvite=${key}`);
  assert.deepEqual(await heard(page, 'inviterejected'), { code: 'not_signed_in' });
  assert.ok(!(await record(page)).includes(key), 'the key is in the sealed cookie, no longer where scripts can read it');
  // Away to another origin and back, as to a sign-in page.
  await page.goto(`${elsewhere.files}/blank.html`);
  await signInAs(page, 'bob');
  await page.goto(`${site.files}/signed-in.html`);
  assert.equal((await heard(page, 'inviteaccepted')).already, false);
  await page.waitForFunction(() => !sessionStorage.getItem('invite-keys:pending'));
  const before = acceptances(site);
  await page.reload({ waitUntil: 'networkidle' });
  assert.deepEqual(await page.evaluate(() => told), []);
  assert.equal(acceptances(site), before);
  assert.equal(await permissionsOf(resource, 'bob'), 'rw');
});

test('five reloads while it is being accepted: one acceptance, no error shown', async (t) => {
  const { resource, fragment } = await invited({ maxUses: 1 });
  const { page } = await visitor(t, 'bob');
  let held = 5;
  await page.route('**/invites/accept', async (route) => {
    // The server has done it; the answer does not reach the page that is gone.
    if (held-- > 0) {
      await route.fetch();
      await page.evaluate(() => location.reload());
    } else {
      await route.continue();
    }
  });
  await page.goto(`${site.files}/signed-in.html${fragment}`);
  const outcome = await heard(page, 'inviteaccepted');
  assert.deepEqual([outcome.permissions, outcome.already], ['rw', true]);
  assert.deepEqual(await page.evaluate(() => told.filter(([type]) => type === 'inviterejected')), []);
  assert.equal(await permissionsOf(resource, 'bob'), 'rw');
});

test('a failure that may pass keeps it, a final one drops it', async (t) => {
  const { fragment } = await invited();
  const { page } = await visitor(t, 'bob');
  await page.route('**/invites/**', (route) => route.fulfill({ status: 503 }));
  await page.goto(`${site.files}/signed-in.html${fragment}`);
  const { code } = await heard(page, 'inviterejected');
  assert.ok(['try_again', 'server_error', 'timeout'].includes(code), code);
  assert.ok(await record(page));
  await page.unroute('**/invites/**');
  await page.reload();
  await heard(page, 'inviteaccepted');

  for (const [bad, expected] of [['ab'.repeat(32), 'invalid_key'], ['ab'.repeat(30), 'malformed_key'], ['', 'malformed_key']]) {
    await page.goto('about:blank');
    await page.goto(`${site.files}/signed-in.html?acceptInvite=${bad}`);
    assert.deepEqual(await heard(page, 'inviterejected'), { code: expected });
    await page.waitForFunction(() => !sessionStorage.getItem('invite-keys:pending'));
    assert.equal(await page.evaluate(() => location.search), '');
  }
});

test('`off` accepts nothing', async (t) => {
  const { resource, fragment } = await invited();
  const { page } = await visitor(t, 'bob');
  await page.goto(`${site.files}/off.html${fragment}`, { waitUntil: 'networkidle' });
  assert.ok(await record(page));
  assert.equal(await permissionsOf(resource, 'bob'), undefined);
});

test('a frame of another origin accepts nothing by itself; one of the same origin does', async (t) => {
  const { resource, fragment } = await invited();
  const { page } = await visitor(t, 'bob');
  const framed = async (host) => {
    await page.goto(`${host.files}/blank.html`);
    await page.evaluate((src) => {
      const frame = document.createElement('iframe');
      frame.src = src;
      document.body.append(frame);
    }, `${site.files}/signed-in.html${fragment}`);
    await page.waitForFunction(() => frames.length);
    const frame = page.frames().find((each) => each !== page.mainFrame());
    await frame.waitForURL(`${site.files}/signed-in.html`);
    return frame;
  };
  const before = acceptances(site);
  const foreign = await framed(elsewhere);
  await heard(foreign, 'invitecaptured');
  await page.waitForLoadState('networkidle');
  assert.equal(acceptances(site), before);
  assert.equal(await permissionsOf(resource, 'bob'), undefined);
  await heard(await framed(site), 'inviteaccepted');
  assert.equal(await permissionsOf(resource, 'bob'), 'rw');
});

test('a hidden page waits until it is looked at', async (t) => {
  const { resource, fragment } = await invited();
  const { page } = await visitor(t, 'bob');
  await page.addInitScript(() => {
    let hidden = true;
    Object.defineProperty(document, 'hidden', { get: () => hidden });
    window.show = () => {
      hidden = false;
      document.dispatchEvent(new Event('visibilitychange'));
    };
  });
  const before = acceptances(site);
  await page.goto(`${site.files}/signed-in.html${fragment}`);
  await heard(page, 'invitecaptured');
  await page.waitForLoadState('networkidle');
  assert.equal(acceptances(site), before);
  await page.evaluate(() => show());
  await heard(page, 'inviteaccepted');
  assert.equal(await permissionsOf(resource, 'bob'), 'rw');
});

const tab = async (context, address) => {
  const page = await context.newPage();
  await page.goto(address);
  return page;
};

test('sign-up whose confirmation link opens a new tab: accepted once, and the first tab hears of it', async (t) => {
  const { resource, key } = await invited({ maxUses: 1 });
  const { page } = await visitor(t);
  await page.goto(`${site.files}/signed-in.html?acceptInvite=${key}`);
  assert.deepEqual(await heard(page, 'inviterejected'), { code: 'not_signed_in' });
  await signInAs(page, 'newcomer');
  const before = acceptances(site);
  // The mail's link leads to any page of the site, in a tab that knows nothing.
  const fresh = await tab(page.context(), `${site.files}/signed-in.html`);
  assert.equal((await heard(fresh, 'invitecaptured')).continueUrl, `${site.files}/signed-in.html`);
  assert.equal((await heard(fresh, 'inviteaccepted')).already, false);
  assert.equal((await heard(page, 'inviteaccepted')).permissions, 'rw');
  assert.equal(acceptances(site), before + 1);
  assert.equal(await record(page), null);
  assert.equal(await permissionsOf(resource, 'newcomer'), 'rw');
  await fresh.reload({ waitUntil: 'networkidle' });
  assert.deepEqual(await fresh.evaluate(() => told), []);
  assert.deepEqual((await page.context().cookies()).map(({ name }) => name).filter((name) => name.startsWith('invites_')), []);
});

test('ten tabs at once: one use, one event in each, no error', async (t) => {
  const { resource, fragment } = await invited({ maxUses: 1 });
  const { page } = await visitor(t, 'bob');
  const pages = await Promise.all(Array.from({ length: 10 }, () => tab(page.context(), `${site.files}/signed-in.html${fragment}`)));
  for (const each of pages) assert.equal((await heard(each, 'inviteaccepted')).permissions, 'rw');
  await Promise.all(pages.map((each) => each.waitForLoadState('networkidle')));
  for (const each of pages) {
    assert.deepEqual(await each.evaluate(() => told.map(([type]) => type)), ['invitecaptured', 'inviteaccepted']);
    assert.equal(await record(each), null);
  }
  assert.equal(await permissionsOf(resource, 'bob'), 'rw');
});

test('pressed in two tabs at once: the slower one hears of it once, and asks for nothing more', async (t) => {
  const { resource, fragment } = await invited();
  const { page } = await visitor(t, 'bob');
  await page.goto(`${site.files}/off.html${fragment}`);
  await page.waitForFunction(() => JSON.parse(sessionStorage.getItem('invite-keys:pending'))?.kept);
  const slower = await tab(page.context(), `${site.files}/off.html`);
  await slower.waitForFunction(() => sessionStorage.getItem('invite-keys:pending'));
  let looks;
  const looking = new Promise((resolve) => { looks = resolve; });
  let go;
  const quicker = new Promise((resolve) => { go = resolve; });
  await slower.route('**/invites/check', async (route) => {
    looks();
    await quicker;
    return route.continue();
  });
  const press = async () => {
    window.told = [];
    document.addEventListener('inviteaccepted', ({ detail }) => told.push(detail.permissions));
    const { invites } = await import('./node_modules/invite-keys/index.js');
    return invites.acceptPending(() => true);
  };
  const second = slower.evaluate(press);
  await looking;
  const before = acceptances(site);
  assert.equal((await page.evaluate(press)).permissions, 'rw');
  await slower.waitForFunction(() => told.length);
  go();
  assert.equal(await second, null);
  assert.deepEqual(await slower.evaluate(() => told), ['rw']);
  assert.equal(acceptances(site), before + 1);
  assert.equal(await permissionsOf(resource, 'bob'), 'rw');
});

test('asking with `off` accepts nothing and holds up nobody', async (t) => {
  const { fragment } = await invited();
  const { page } = await visitor(t, 'bob');
  await page.goto(`${site.files}/off.html${fragment}`);
  await page.waitForFunction(() => JSON.parse(sessionStorage.getItem('invite-keys:pending'))?.kept);
  const both = await page.evaluate(async () => {
    const { invites } = await import('./node_modules/invite-keys/index.js');
    return Promise.all([invites.acceptPending('off'), invites.acceptPending(() => true)]);
  });
  assert.deepEqual([both[0], both[1].permissions], [null, 'rw']);
});

test('who says no in one tab is not asked in the next', async (t) => {
  const { fragment } = await invited();
  const { page, asked } = await visitor(t, 'bob');
  page.answer = false;
  await page.goto(`${site.files}/auto.html${fragment}`);
  await page.waitForFunction(() => JSON.parse(sessionStorage.getItem('invite-keys:pending')).declined);
  const fresh = await tab(page.context(), `${site.files}/auto.html`);
  await fresh.waitForLoadState('networkidle');
  assert.deepEqual(await fresh.evaluate(() => told), []);
  assert.equal(asked.length, 1);
});

test('the sealed cookie lasts a day, and no script can read it', async (t) => {
  const { fragment } = await invited();
  const { page } = await visitor(t);
  await page.goto(`${site.files}/signed-in.html${fragment}`);
  await heard(page, 'inviterejected');
  const [cookie] = (await page.context().cookies(`${site.url}/api/v1/pending`)).filter(({ name }) => name.startsWith('pending_'));
  assert.ok(cookie.httpOnly && cookie.sameSite === 'Lax');
  const hours = (cookie.expires - Date.now() / 1000) / 3600;
  assert.ok(hours > 23 && hours <= 24, `${hours} hours`);
});

test('a page of another origin than the server: nothing with the key reaches the page’s own', async (t) => {
  const { resource, key, fragment } = await invited();
  const { page } = await visitor(t);
  const { bearer } = await signIn(site.url, 'bob');
  const sent = [];
  page.on('request', (request) => {
    if (`${request.url()}${request.postData() ?? ''}${JSON.stringify(request.headers())}`.includes(key)) sent.push(new URL(request.url()).origin);
  });
  // Another origin that has a server of its own, as most pages have.
  await page.route('**/configured.html*', (route) => route.fulfill({ contentType: 'text/html', body: `<!doctype html><title>x</title>
<script>window.told = []; for (const type of ['invitecaptured', 'inviteaccepted', 'inviterejected']) document.addEventListener(type, ({ detail }) => told.push([type, detail]));</script>
<script type="module">
import { configure } from './node_modules/invite-keys/index.js';
configure({ server: '${site.url}', auth: { bearer: '${bearer}' } });
const { setPolicy } = await import('./node_modules/invite-keys/auto.js');
setPolicy('signed-in');
</script>` }));
  // The server lets this origin in.
  await page.route(`${site.url}/**`, async (route) => {
    const cors = { 'Access-Control-Allow-Origin': elsewhere.url, 'Access-Control-Allow-Headers': '*, authorization', 'Access-Control-Allow-Methods': '*' };
    if (route.request().method() === 'OPTIONS') return route.fulfill({ status: 204, headers: cors });
    const answer = await route.fetch();
    return route.fulfill({ response: answer, headers: { ...answer.headers(), ...cors } });
  });
  const before = elsewhere.asked.filter((path) => path.startsWith('/api/')).length;
  await page.goto(`${elsewhere.files}/configured.html${fragment}`);
  await heard(page, 'inviteaccepted');
  assert.equal(await permissionsOf(resource, 'bob'), 'rw');
  assert.deepEqual([...new Set(sent)], [site.url]);
  assert.equal(elsewhere.asked.filter((path) => path.startsWith('/api/')).length, before);
});
