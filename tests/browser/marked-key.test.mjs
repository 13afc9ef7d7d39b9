// Hunts for a key through everything a page leaves behind, from the first byte of the document on.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInvite, keyOf, stage } from './people.mjs';

const it = stage();

// Runs before anything of the page: reports every attribute, text and event detail the light DOM ever has.
function hunt() {
  const tell = (where, text) => window.reportToTest?.(where, text);
  new MutationObserver((records) => {
    for (const { type, target, attributeName, addedNodes } of records) {
      if (type === 'attributes') tell(`attribute ${attributeName} of ${target.localName}`, target.getAttribute(attributeName) ?? '');
      else if (type === 'characterData') tell('text', target.data);
      else for (const node of addedNodes) tell('markup', node.outerHTML ?? node.textContent ?? '');
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  for (const type of ['invitecaptured', 'inviteaccepted', 'inviterejected', 'invitecreated', 'inviteused', 'inviteremoved', 'invitewarning',
    'accepted', 'declined', 'rejected', 'signinneeded']) {
    document.addEventListener(type, ({ detail }) => tell(`detail of ${type}`, JSON.stringify(detail) ?? ''), true);
  }
  addEventListener('pagehide', () => tell('what it leaves', leftBehind()));
  function leftBehind() {
    return JSON.stringify([location.href, history.state, document.title, document.referrer, window.name, document.cookie, { ...localStorage }]);
  }
  window.leftBehind = leftBehind;
}

async function hunted(username, options) {
  const page = await it.person(username, options);
  const sightings = [];
  await page.exposeFunction('reportToTest', (where, text) => { sightings.push([where, text]); });
  await page.addInitScript(hunt);
  page.on('console', (message) => sightings.push(['console', message.text()]));
  page.on('pageerror', (error) => sightings.push(['error', `${error.message} ${error.stack}`]));
  page.on('request', (request) => {
    // The address a person opens is the one place where the key comes from; everything later must be clean.
    if (!request.isNavigationRequest()) sightings.push(['address of a request', request.url()]);
    request.allHeaders().then((headers) => sightings.push(['referer', headers.referer ?? '']), () => {});
  });
  page.sightings = sightings;
  return page;
}

async function nothingOf(key, ...pages) {
  for (const page of pages) {
    page.sightings.push(['at last', await page.evaluate(() => window.leftBehind() + document.documentElement.outerHTML)]);
    assert.ok(page.sightings.length > 20, 'the hunt saw the page');
    const found = page.sightings.filter(([, text]) => text.includes(key)).map(([where]) => where);
    assert.deepEqual(found, []);
  }
  assert.ok(!it.server.stderr.includes(key) && !it.server.stdout.includes(key), 'the server’s log has no key');
}

for (const form of ['fragment', 'query']) {
  test(`a key is nowhere it does not belong (${form} form)`, async () => {
    const resource = await it.resource();
    const alice = await hunted('alice');
    await alice.goto(`/?resource=${resource}`);
    const link = await createInvite(alice, { permissions: 'Read and write' });
    const key = keyOf(link);
    const address = form === 'query' ? `/${resource}/?acceptInvite=${key}` : link;
    await alice.locator('invite-manager').getByRole('button', { name: /^Copy link: / }).click();

    const bob = await hunted('bob', { signedIn: false });
    await bob.goto(address);
    await bob.getByText('Sign in to accept.').waitFor();
    await bob.getByRole('button', { name: 'Sign in as Bob' }).click();
    await bob.getByRole('button', { name: 'Accept' }).click();
    await bob.getByRole('link', { name: 'Open it' }).click();
    await bob.locator('#members .name').first().waitFor();
    await alice.locator('invite-manager').getByText('Bob joined', { exact: true }).waitFor();
    await alice.locator('invite-manager').getByRole('button', { name: /^Revoke: / }).click();
    await alice.locator('invite-manager').getByRole('button', { name: 'Revoke invite' }).click();
    await alice.locator('invite-manager').getByText('No open invites.').waitFor();

    const carol = await hunted('carol');
    await carol.goto(address);
    await carol.getByRole('heading', { name: 'This invite was cancelled' }).waitFor();
    assert.equal(await carol.evaluate(() => sessionStorage.length), 0, 'a final failure forgets the invite');
    await nothingOf(key, alice, bob, carol);
  });
}

test('with every request blocked the key is already gone, and history is as it was', async () => {
  const resource = await it.resource();
  const alice = await it.person('alice');
  await alice.goto(`/?resource=${resource}`);
  const key = keyOf(await createInvite(alice));
  for (const [address, cleaned] of [
    [`/${resource}/?x=1&acceptInvite=${key}#top`, `/${resource}/?x=1#top`],
    [`/${resource}/#acceptInvite=${key}`, `/${resource}/`],
    [`/${resource}/?acceptInvite=not-a-key`, `/${resource}/`],
  ]) {
    const page = await it.person('nobody', { signedIn: false });
    await page.route('**/*', (route) => (route.request().isNavigationRequest() ? route.continue() : route.abort()));
    await page.goto(address, { waitUntil: 'domcontentloaded' });
    assert.equal(page.url(), it.server.url + cleaned);
    assert.deepEqual(await page.evaluate(() => [history.length, history.state]), [2, null]);
    await page.context().close();
  }
});
