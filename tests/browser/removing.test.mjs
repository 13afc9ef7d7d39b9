// An admin takes somebody out, is told which links would let them back in, and ends those in the same step.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setMember } from '../support/server.mjs';
import { noProblems, ownPage, stage } from './people.mjs';

const it = stage();

/** An invite of alice's, made past the page: its key. */
const invite = (page, resource, options) => page.evaluate(async ({ id, options: wanted }) => {
  const { connect } = await import('/sdk/index.js');
  return (await connect({ resource: id }).create(wanted)).key;
}, { id: resource, options });

const accept = (page, key) => page.evaluate(async (text) => {
  const { invites } = await import('/sdk/index.js');
  return invites.accept(text).catch(({ code }) => code);
}, key);

async function manager(page, resource, lang) {
  await ownPage(page, lang);
  await page.goto(`/mine.html?resource=${resource}`);
  const element = page.locator('invite-manager');
  await element.locator('.member').first().waitFor();
  await page.evaluate(() => {
    document.querySelector('invite-manager').me = { username: 'alice', provider: 'test' };
    dispatchEvent(new Event('focus'));
  });
  await element.locator('.member .muted:visible').waitFor();
  return element;
}

test('with keys alone: who is taken out, what would let them back in, and that it has ended', async () => {
  const resource = await it.resource();
  const [alice, bob] = [await it.person('alice'), await it.person('bob')];
  const element = await manager(alice, resource);
  const open = await invite(alice, resource, { permissions: 'rw', label: 'Team link' });
  await invite(alice, resource, { maxUses: 3 });
  await invite(alice, resource, { email: 'somebody@else.example' });
  await ownPage(bob);
  await bob.goto('/mine.html');
  assert.equal(await accept(bob, open), 'rw');

  const remove = element.getByRole('button', { name: 'Remove Bob' });
  await remove.waitFor();
  assert.equal(await element.getByRole('button', { name: 'Remove Alice' }).count(), 0, 'nobody is offered to take themselves out');
  await remove.focus();
  await alice.keyboard.press('Enter');
  const dialog = element.getByRole('dialog', { name: 'Remove Bob?' });
  await dialog.waitFor();
  assert.deepEqual(await dialog.getByRole('listitem').allInnerTexts(), ['Read · 7 days left · 3 uses left', 'Team link · Read and write · 7 days left']);
  assert.ok(!(await element.evaluate((node) => node.shadowRoot.innerHTML)).includes(open), 'no key is on the page');
  // Escape changes nothing, and the focus comes back.
  await alice.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
  assert.equal(await alice.evaluate(() => document.querySelector('invite-manager').shadowRoot.activeElement.getAttribute('aria-label')), 'Remove Bob');
  const events = alice.evaluate(() => new Promise((resolve) => { document.addEventListener('memberremoved', ({ detail }) => resolve(detail), { once: true }); }));
  await alice.keyboard.press('Enter');
  await dialog.waitFor();
  assert.ok(await dialog.getByRole('checkbox', { name: /^End these links as well/ }).isChecked());
  await dialog.getByRole('button', { name: 'Remove access' }).focus();
  await alice.keyboard.press('Enter');
  await remove.waitFor({ state: 'detached' });
  assert.equal((await events).linksEnded, 2);
  assert.match(await element.locator('.announcer').textContent(), /^Bob has no access any more\. The links no longer work\./);
  assert.equal(await alice.evaluate(() => document.querySelector('invite-manager').shadowRoot.activeElement.id), 'members-heading');
  assert.equal(await accept(bob, open), 'removed');
  assert.equal(await element.getByRole('button', { name: /^Revoke:/ }).count(), 1, 'somebody else’s link stays');
  // What bob is refused stands in his console.
  noProblems(alice);
});

test('whoever says no and asks again at once is asked again', async () => {
  const resource = await it.resource();
  const [alice, bob] = [await it.person('alice'), await it.person('bob')];
  const element = await manager(alice, resource);
  const open = await invite(alice, resource, { permissions: 'rw' });
  await ownPage(bob);
  await bob.goto('/mine.html');
  assert.equal(await accept(bob, open), 'rw');
  const remove = element.getByRole('button', { name: 'Remove Bob' });
  await remove.click();
  const dialog = element.getByRole('dialog', { name: 'Remove Bob?' });
  await dialog.waitFor();
  // Before the page hears that it has closed.
  await remove.evaluate((button) => {
    button.getRootNode().querySelector('dialog.remove').close('');
    button.click();
  });
  await dialog.waitFor();
  await dialog.getByRole('button', { name: 'Remove access' }).click();
  await remove.waitFor({ state: 'detached' });
  noProblems(alice);
});

test('links may be left, and nobody takes the last admin out', async () => {
  const resource = await it.resource({ alice: 'arw', bob: 'r', carol: 'arw' });
  const [alice, bob] = [await it.person('alice'), await it.person('bob')];
  const element = await manager(alice, resource);
  const open = await invite(alice, resource, {});
  await element.getByRole('button', { name: 'Remove Bob' }).click();
  await element.getByRole('checkbox').uncheck();
  await element.getByRole('button', { name: 'Remove access' }).click();
  await element.getByRole('button', { name: 'Remove Bob' }).waitFor({ state: 'detached' });
  assert.match(await element.locator('.announcer').textContent(), /still open\.\s*$/);
  await ownPage(bob);
  await bob.goto('/mine.html');
  assert.equal(await accept(bob, open), 'r');
  // Alice lost her admin's letter a moment ago, which her page does not know yet.
  await element.getByRole('button', { name: 'Remove Carol' }).click();
  await element.getByRole('dialog').waitFor();
  await setMember(it.server.url, resource, 'alice', 'r');
  await element.getByRole('button', { name: 'Remove access' }).click();
  await alice.getByText('Only admins can invite people here.').or(element.getByRole('alert')).locator('visible=true').first().waitFor();
});

test('of many people the first are shown, and the others are found by name', async () => {
  const resource = await it.resource({ alice: 'arw' });
  for (let number = 0; number < 120; number += 1) await setMember(it.server.url, resource, `person${number}`, 'r');
  const alice = await it.person('alice');
  const element = await manager(alice, resource);
  await element.getByText('The first 100 people are shown.').waitFor();
  assert.equal(await element.locator('.member').count(), 100);
  await element.getByLabel('Find a person').fill('PERSON11');
  await element.getByRole('button', { name: 'Remove Person119' }).waitFor();
  assert.deepEqual(await element.locator('.member .name').allInnerTexts(), ['Person11', ...Array.from({ length: 10 }, (_, place) => `Person11${place}`)]);
  await element.getByLabel('Find a person').fill('nobody of that name');
  await element.getByText('Nobody is called that.').waitFor();
  noProblems(alice);
});

for (const [lang, say] of Object.entries({
  da: { remove: 'Fjern Bob', ask: 'Fjern Bob?', ways: 'Disse åbne links ville give adgang igen:', end: /^Afslut også/, yes: 'Fjern adgang' },
  de: { remove: 'Bob entfernen', ask: 'Bob entfernen?', ways: 'Diese offenen Links würden wieder Zugang geben:', end: /^Auch diese Links/, yes: 'Zugang entziehen' },
})) {
  test(`the same in another language: ${lang}`, async () => {
    const resource = await it.resource({ alice: 'arw', bob: 'r' });
    const alice = await it.person('alice');
    const element = await manager(alice, resource, lang);
    await invite(alice, resource, {});
    await element.getByRole('button', { name: say.remove }).click();
    const dialog = element.getByRole('dialog', { name: say.ask });
    await dialog.getByText(say.ways).waitFor();
    await dialog.getByRole('checkbox', { name: say.end }).waitFor();
    await dialog.getByRole('button', { name: say.yes }).click();
    await element.getByRole('button', { name: say.remove }).waitFor({ state: 'detached' });
    noProblems(alice);
  });
}

test('nothing in the question is cut off on a phone, however long names are', async () => {
  const long = 'x'.repeat(64);
  const label = 'y'.repeat(100);
  const resource = await it.resource({ alice: 'arw', [long]: 'r' });
  const page = await it.person('alice', { viewport: { width: 360, height: 800 } });
  const element = await manager(page, resource);
  await invite(page, resource, { label, maxUses: 7 });
  await element.getByRole('button', { name: 'Remove Xx' }).click();
  const dialog = element.getByRole('dialog');
  await dialog.getByText(label).waitFor();
  const cut = await dialog.evaluate((node) => [node, ...node.querySelectorAll('*')]
    .filter(({ scrollWidth, clientWidth }) => clientWidth > 0 && scrollWidth > clientWidth).map(({ localName }) => localName));
  assert.deepEqual(cut, []);
  noProblems(page);
});
