// <invite-manager> on pages that say what it is for by its attributes, and whose clock is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../pkg/node.js';
import { signIn } from '../support/server.mjs';
import { noProblems, shiftClock, stage } from './people.mjs';

const it = stage();

/** A resource of alice's, and her connection to it from a backend. */
async function place(members) {
  const resource = await it.resource(members);
  const { bearer } = await signIn(it.server.url, 'alice');
  return { resource, alice: connect({ server: it.server.url, resource, auth: { bearer } }) };
}

/** Alice's window with a manager that has these attributes and a connection of these options. */
async function window({ attributes = {}, options = {}, clock = 0 } = {}) {
  const page = await it.person('alice');
  if (clock) await page.addInitScript(shiftClock, clock);
  // A page of the server's: Chromium opens no socket for one that a test has put in its place.
  await page.goto('/site/docs/links.html');
  await page.evaluate(async ({ attributes: given, options: wanted }) => {
    const { connect: open } = await import('/sdk/index.js');
    await import('/sdk/elements.js');
    const manager = document.createElement('invite-manager');
    for (const [name, value] of Object.entries(given)) manager.setAttribute(name, value);
    manager.invites = open(wanted);
    document.querySelector('main').append(manager);
  }, { attributes, options });
  return { page, manager: page.locator('invite-manager') };
}

const rows = (manager) => manager.locator('.invite .chip').allInnerTexts();

for (const [what, connection] of Object.entries({ 'none': () => ({}), 'another': ({ resource }) => ({ resource }) })) {
  test(`\`resource\` is whose invites and people are shown, where the connection names ${what}`, async () => {
    const other = await place({ alice: 'arw', carol: 'r' });
    const one = await place({ alice: 'arw', bob: 'r' });
    await other.alice.create({ permissions: 'arw' });
    await one.alice.create({ permissions: 'r' });
    const { page, manager } = await window({ attributes: { resource: one.resource }, options: connection(other) });
    await manager.getByRole('button', { name: /^Revoke:/ }).waitFor();
    assert.deepEqual(await rows(manager), ['Read']);
    assert.deepEqual(await manager.locator('.member .name').allInnerTexts(), ['Alice', 'Bob']);
    assert.deepEqual(await manager.locator('.activity span').allInnerTexts(), ['Invite created: Read']);

    // What is made here is shown here, and what is revoked here has ended.
    await manager.getByRole('radio', { name: 'Read and write', exact: true }).check();
    await manager.getByRole('button', { name: 'Create invite link' }).click();
    const second = manager.getByRole('button', { name: /^Revoke: Read and write/ });
    await second.waitFor();
    await second.click();
    await manager.getByRole('button', { name: 'Revoke invite' }).click();
    await second.waitFor({ state: 'detached' });
    assert.match(await manager.locator('.announcer').textContent(), /^Invite revoked\./);
    assert.deepEqual([(await one.alice.get()).map(({ permissions }) => permissions), (await other.alice.get()).length], [['r'], 1]);

    // Another one: nothing of the first is left.
    await page.evaluate((id) => document.querySelector('invite-manager').setAttribute('resource', id), other.resource);
    await manager.getByRole('button', { name: /^Revoke: Admin/ }).waitFor();
    assert.deepEqual([await rows(manager), await manager.getByLabel('Invite link', { exact: true }).isVisible()], [['Admin'], false]);
    noProblems(page);
  });
}

test('with `resource` it hears of what others do there, soon', async () => {
  const [other, one] = [await place(), await place()];
  const { page, manager } = await window({ attributes: { resource: one.resource }, options: { resource: other.resource } });
  await manager.getByText('No open invites.').waitFor();
  await one.alice.create();
  // What the server tells is of the connection's own resource.
  await manager.getByRole('button', { name: /^Revoke:/ }).waitFor({ timeout: 15_000 });
  noProblems(page);
});

for (const days of [8, -8]) {
  test(`on Webstrates, with a clock that is ${days} days wrong, an open invite says until when`, async () => {
    const { resource, alice } = await place();
    const { expiresAt } = await alice.create({ maxAge: 7 * 86_400 });
    const { page, manager } = await window({ options: { resource, dialect: 'webstrates' }, clock: days * 86_400_000 });
    await manager.getByRole('button', { name: /^Revoke:/ }).waitFor();
    const said = await manager.locator('.invite .facts').innerText();
    const date = await page.evaluate((text) => new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(text)), expiresAt);
    assert.equal(said.trim(), `Until ${date}`);
    noProblems(page);
  });
}

test('on Webstrates, with a clock that is right, an open invite says how long', async () => {
  const { resource, alice } = await place();
  await alice.create({ maxAge: 7 * 86_400 });
  const { manager } = await window({ options: { resource, dialect: 'webstrates' } });
  await manager.getByText('7 days left').waitFor();
});
