// The elements inside a webstrate, wrapped in <transient>: what Webstrates would sync or save never holds a key.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webstrates } from './world.mjs';

const it = webstrates();
const PAGE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>App</title>
<script type="module" src="/sdk/auto.js" data-policy="off"></script></head>
<body><transient><invite-acceptor></invite-acceptor><invite-manager></invite-manager></transient>
<script type="module">
import { connect, invites } from '/sdk/index.js';
import '/sdk/elements.js';
const resource = new URLSearchParams(location.search).get('manage');
document.querySelector('invite-acceptor').invites = invites;
if (resource) document.querySelector('invite-manager').invites = connect({ server: location.origin, dialect: 'webstrates', resource });
</script></body></html>`;

/** Runs before anything of the page: every attribute, text and piece of markup that the light DOM ever has. */
function hunt() {
  window.seen = [];
  new MutationObserver((records) => {
    for (const { type, target, attributeName, addedNodes } of records) {
      if (type === 'attributes') seen.push(target.getAttribute(attributeName) ?? '');
      else if (type === 'characterData') seen.push(target.data);
      else for (const node of addedNodes) seen.push(node.outerHTML ?? node.textContent ?? '');
    }
  }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}

test('made by the manager, accepted through the acceptor, and no key in the light DOM', async () => {
  const app = await it.webstrate({ auth: { alice: 'arw', anonymous: 'r' }, webstrate: true, html: PAGE });
  const data = await it.webstrate({ auth: { alice: 'arw' } });
  const [alice, bob] = [await it.person('alice'), await it.person('bob')];
  for (const page of [alice, bob]) await page.addInitScript(hunt);

  await alice.goto(`/${app}/?manage=${data}`);
  const manager = alice.locator('invite-manager');
  await manager.getByRole('radio', { name: 'Read and write', exact: true }).check();
  await manager.getByRole('button', { name: 'Create invite link' }).click();
  const field = manager.getByLabel('Invite link', { exact: true });
  await field.waitFor();
  const [, key] = /acceptInvite=([0-9a-f]{64})/.exec(await field.inputValue());
  assert.equal(await manager.getByLabel('How many people?').isVisible(), false, 'Webstrates cannot limit uses');
  await manager.getByRole('button', { name: 'QR code' }).click();
  await manager.locator('.qr svg').waitFor();

  // The form that asks first; the webstrate's own address would be accepted by the server, unasked.
  await bob.goto('about:blank');
  await bob.goto(`/${app}/#acceptInvite=${key}&resource=${data}`);
  await bob.getByText('alice invites you to', { exact: true }).waitFor();
  assert.ok(!bob.url().includes(key));
  await bob.getByRole('button', { name: 'Accept' }).click();
  await bob.getByRole('heading', { name: /^You are in/ }).waitFor();
  assert.equal((await it.letters(data)).bob, 'rw');
  await manager.locator('.member', { hasText: 'bob' }).waitFor();

  for (const page of [alice, bob]) {
    const seen = await page.evaluate(() => [...window.seen, document.documentElement.outerHTML]);
    assert.ok(seen.length > 3 && seen.some((text) => text.includes('invite-manager')), 'the hunt saw the page');
    assert.ok(!seen.some((text) => text.includes(key)));
    assert.deepEqual(page.problems, []);
  }
});
