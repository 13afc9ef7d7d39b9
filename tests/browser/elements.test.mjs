// The elements on a page of one's own, under the content policy that we ask for and no more.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInvite, keyOf, noProblems, ownPage, stage } from './people.mjs';

const it = stage();
const LANGUAGES = {
  da: { create: 'Opret invitationslink', days: '7 dage', link: 'Invitationslink', invites: 'Alice inviterer dig til', accept: 'Acceptér', done: /^Du er med/, members: 'Hvem har adgang' },
  'de-AT': { create: 'Einladungslink erstellen', days: '7 Tage', link: 'Einladungslink', invites: 'Alice lädt dich ein zu', accept: 'Annehmen', done: /^Du bist dabei/, members: 'Wer Zugang hat' },
  fr: { create: 'Create invite link', days: '7 days', link: 'Invite link', invites: 'Alice invites you to', accept: 'Accept', done: /^You are in/, members: 'Who has access' },
};
for (const [lang, say] of Object.entries(LANGUAGES)) {
  test(`the whole job in the page’s language, or in English: ${lang}`, async () => {
    const resource = await it.resource();
    const alice = await it.person('alice');
    await ownPage(alice, lang);
    await alice.goto(`/mine.html?resource=${resource}`);
    const manager = alice.locator('invite-manager');
    await manager.getByRole('heading', { name: say.members }).waitFor();
    assert.ok((await manager.locator('#expiry').innerText()).includes(say.days));
    assert.equal(await manager.locator('[lang]').first().getAttribute('lang'), lang === 'fr' ? 'en' : lang);
    await manager.getByRole('button', { name: say.create }).click();
    const field = manager.getByLabel(say.link, { exact: true });
    await field.waitFor();
    const bob = await it.person('bob');
    await ownPage(bob, lang);
    await bob.goto(`/mine.html${new URL(await field.inputValue()).hash}`);
    await bob.getByText(say.invites, { exact: true }).waitFor();
    await bob.getByRole('button', { name: say.accept }).click();
    await bob.getByRole('heading', { name: say.done }).waitFor();
    // A violation of the policy would be an error in the console.
    noProblems(alice, bob);
  });
}

test('at 200 % zoom nothing is cut off or wider than the window', async () => {
  const resource = await it.resource();
  // What a browser does to a window of 1280 by 800 at 200 %.
  const alice = await it.person('alice', { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });
  await ownPage(alice);
  await alice.goto(`/mine.html?resource=${resource}`);
  await alice.getByRole('button', { name: 'Create invite link' }).click();
  await alice.getByLabel('Invite link', { exact: true }).waitFor();
  assert.equal(await alice.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
  noProblems(alice);
});

test('the link goes to the share sheet, and as a QR code onto the page, in no attribute', async () => {
  const resource = await it.resource();
  const alice = await it.person('alice');
  await ownPage(alice);
  // A headless browser has no share sheet: this one remembers what it was given.
  await alice.addInitScript(() => { navigator.share = async (what) => { window.shared = what; }; });
  await alice.goto(`/mine.html?resource=${resource}`);
  await alice.getByRole('button', { name: 'Create invite link' }).click();
  const field = alice.getByLabel('Invite link', { exact: true });
  await field.waitFor();
  const link = await field.inputValue();
  await alice.getByRole('button', { name: 'Share…' }).click();
  assert.deepEqual(await alice.evaluate(() => window.shared), { url: link });
  if (await alice.evaluate(async () => 'qrCode' in await import('/sdk/index.js'))) {
    await alice.getByRole('button', { name: 'QR code' }).click();
    await alice.getByRole('img', { name: 'QR code of the invite link' }).locator('svg').waitFor();
  }
  const markup = await alice.evaluate(() => document.querySelector('invite-manager').shadowRoot.innerHTML + document.documentElement.outerHTML);
  assert.ok(!markup.includes(keyOf(link)));
  noProblems(alice);
});

for (const which of ['invite-manager', 'invite-acceptor']) {
  test(`where the words of the page's language do not come, it is English that ${which} speaks`, async () => {
    const resource = await it.resource();
    const alice = await it.person('alice');
    await alice.clock.install();
    await ownPage(alice, 'da');
    let asked;
    const asks = new Promise((resolve) => { asked = resolve; });
    await alice.route('**/elements-languages.js', () => asked());
    await alice.goto(`/mine.html?resource=${resource}#acceptInvite=nothing`, { waitUntil: 'commit' });
    await asks;
    await alice.clock.runFor(5_100);
    const element = alice.locator(which);
    await element.getByRole('heading', { name: which === 'invite-manager' ? 'Create an invite' : 'This link is damaged' }).waitFor();
    assert.equal(await element.locator('[lang]').first().getAttribute('lang'), 'en');
  });
}

test('where what draws QR codes does not come, it says so; and draws when it is pressed again', async () => {
  const resource = await it.resource();
  const alice = await it.person('alice');
  await alice.clock.install();
  await ownPage(alice);
  await alice.goto(`/mine.html?resource=${resource}`);
  await alice.getByRole('button', { name: 'Create invite link' }).click();
  const button = alice.getByRole('button', { name: 'QR code' });
  await button.waitFor();
  let asked;
  const asks = new Promise((resolve) => { asked = resolve; });
  await alice.route('**/qr_bg.wasm', () => asked());
  await button.click();
  await asks;
  await alice.locator('.link').getByText('Loading…', { exact: true }).waitFor();
  await alice.clock.runFor(10_100);
  await alice.getByText('The QR code could not be drawn. Check the connection, then press again.').waitFor();
  assert.equal(await button.getAttribute('aria-expanded'), 'false');
  await alice.unroute('**/qr_bg.wasm');
  await button.click();
  await alice.getByRole('img', { name: 'QR code of the invite link' }).locator('svg').waitFor();
  assert.equal(await alice.getByText('The QR code could not').isVisible(), false);
  noProblems(alice);
});

test('a scanner that runs scripts, submits forms and presses buttons, without a session, accepts nothing', async () => {
  const resource = await it.resource();
  const alice = await it.person('alice');
  await alice.goto(`/?resource=${resource}`);
  const link = await createInvite(alice);
  for (const address of [link, `/${resource}/?acceptInvite=${keyOf(link)}`]) {
    const scanner = await it.person('nobody', { signedIn: false });
    // No cookie of it ever reaches the server.
    await scanner.context().route('**/*', async (route) => {
      const headers = await route.request().allHeaders();
      delete headers.cookie;
      await route.continue({ headers });
    });
    await scanner.goto(address);
    await scanner.getByText('Sign in to accept.').waitFor();
    const forms = await scanner.locator('form').count();
    assert.ok(forms > 0);
    for (let number = 0; number < forms; number += 1) {
      // A page each: what one form leads to does not come in between.
      const page = await scanner.context().newPage();
      await page.goto(address);
      await page.getByText('Sign in to accept.').waitFor();
      const sent = page.waitForRequest(() => true, { timeout: 2000 }).catch(() => {}); // an invalid form sends nothing
      await page.locator('form').nth(number).evaluate((form) => (form.checkValidity() ? form.requestSubmit() : undefined));
      await sent;
      await page.close();
    }
    for (const button of await scanner.getByRole('button').all()) await button.click({ timeout: 1000 }).catch(() => {});
    await scanner.context().close();
  }
  await alice.locator('invite-manager').getByText('Not used yet').waitFor();
  assert.deepEqual(await alice.locator('invite-manager .member .name').allInnerTexts(), ['Alice (you)']);
});
