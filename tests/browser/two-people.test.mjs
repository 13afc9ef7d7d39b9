// The main job: Alice invites in one window, Bob opens the link in another and is in.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInvite, noProblems, stage } from './people.mjs';

const it = stage();

test('Alice creates, Bob accepts, Alice sees it, revokes, and the link tells so', async () => {
  const resource = await it.resource();
  const alice = await it.person('alice');
  const bob = await it.person('bob');
  await alice.goto(`/?resource=${resource}`);
  const manager = alice.locator('invite-manager');
  await manager.getByText('No open invites.').waitFor();
  const link = await createInvite(alice, { permissions: 'Read and write', expiry: '1 day' });
  assert.ok(link.startsWith(`${it.server.url}/${resource}/#acceptInvite=`), 'the link leads to the resource, with the key in the fragment');
  await manager.getByText('Not used yet').waitFor();
  await manager.getByText('1 day left').waitFor();

  await bob.goto(link);
  const acceptor = bob.locator('invite-acceptor');
  await acceptor.getByText('Alice invites you to', { exact: true }).waitFor();
  await acceptor.getByText('You are signed in as').waitFor();
  assert.equal(await acceptor.locator('.account strong').innerText(), 'Bob');
  assert.deepEqual(await acceptor.getByRole('listitem').allInnerTexts(), ['See what is in it', 'Change what is in it']);
  await acceptor.getByRole('button', { name: 'Accept' }).click();
  await acceptor.getByRole('heading', { name: /^You are in/ }).waitFor();
  await acceptor.getByRole('link', { name: 'Open it' }).click();
  await bob.waitForURL(`**/${resource}/`);
  await bob.locator('#resource-permissions', { hasText: 'Read and write' }).waitFor();
  assert.deepEqual(await bob.locator('#members .name').allInnerTexts(), ['Alice', 'Bob (you)']);

  await manager.getByText('Bob joined', { exact: true }).waitFor();
  await manager.getByText('Used once').waitFor();
  assert.ok((await manager.locator('.member').allInnerTexts()).some((text) => text.includes('Bob') && text.includes('Read and write')));

  await manager.getByRole('button', { name: /^Revoke: Read and write/ }).click();
  const dialog = manager.getByRole('dialog', { name: 'Revoke this invite?' });
  await dialog.getByText('The link stops working. People who already joined keep access.', { exact: true }).waitFor();
  await dialog.getByRole('button', { name: 'Revoke invite' }).click();
  await manager.getByText('No open invites.').waitFor();
  assert.equal(await manager.getByLabel('Invite link', { exact: true }).isVisible(), false, 'a revoked link is not there to be copied');

  const carol = await it.person('carol');
  await carol.goto(link);
  await carol.getByRole('heading', { name: 'This invite was cancelled' }).waitFor();
  await bob.reload();
  await bob.locator('#resource-permissions', { hasText: 'Read and write' }).waitFor();
  noProblems(alice, bob);
});

test('an invite for one person is used up by the first', async () => {
  const resource = await it.resource();
  const alice = await it.person('alice');
  await alice.goto(`/?resource=${resource}`);
  const link = await createInvite(alice, { people: 1 });
  const bob = await it.person('bob');
  await bob.goto(link);
  await bob.getByRole('button', { name: 'Accept' }).click();
  await bob.getByRole('heading', { name: /^You are in/ }).waitFor();
  const carol = await it.person('carol');
  await carol.goto(link);
  await carol.getByRole('heading', { name: 'This invite is used up' }).waitFor();
  noProblems(alice, bob);
});

test('Not now accepts nothing, and the same link works later', async () => {
  const resource = await it.resource();
  const alice = await it.person('alice');
  await alice.goto(`/?resource=${resource}`);
  const link = await createInvite(alice);
  const bob = await it.person('bob');
  await bob.goto(link);
  await bob.getByRole('button', { name: 'Not now' }).click();
  await bob.getByRole('heading', { name: 'Not now, then' }).waitFor();
  await alice.locator('invite-manager').getByText('Not used yet').waitFor();
  await bob.getByRole('link', { name: 'Your resources' }).click();
  await bob.getByRole('link', { name: 'Look at it' }).click();
  await bob.getByRole('button', { name: 'Accept' }).click();
  await bob.getByRole('heading', { name: /^You are in/ }).waitFor();
  noProblems(alice, bob);
});

test('who has everything already is told so', async () => {
  const resource = await it.resource({ alice: 'arw', bob: 'rw' });
  const alice = await it.person('alice');
  await alice.goto(`/?resource=${resource}`);
  const link = await createInvite(alice);
  const bob = await it.person('bob');
  await bob.goto(link);
  await bob.getByText('You already have everything this invite gives.').waitFor();
  await bob.getByRole('button', { name: 'Continue' }).click();
  await bob.getByText('You already had this access, so nothing changed.', { exact: true }).waitFor();
  await alice.locator('invite-manager').getByText('Not used yet').waitFor();
  noProblems(alice, bob);
});

test('a new resource, a wrong number of people, a damaged link', async () => {
  const alice = await it.person('alice');
  await alice.goto('/');
  await alice.getByLabel('Create a resource').fill('Garden plan');
  await alice.getByRole('button', { name: 'Create', exact: true }).click();
  await alice.getByRole('heading', { name: 'Garden plan', level: 1 }).waitFor();
  const manager = alice.locator('invite-manager');
  await manager.getByLabel('How many people?').fill('0');
  await manager.getByRole('button', { name: 'Create invite link' }).click();
  await manager.getByRole('alert').waitFor();
  assert.equal(await manager.getByLabel('How many people?').getAttribute('aria-invalid'), 'true');
  const link = await createInvite(alice, { people: 3 });
  await manager.getByText('0 of 3 uses').waitFor();

  const bob = await it.person('bob');
  await bob.goto(link.slice(0, -4));
  await bob.getByRole('heading', { name: 'This link is damaged' }).waitFor();
  noProblems(alice, bob);
});

test('without an invite: members see the resource, others learn how to get in', async () => {
  const resource = await it.resource();
  const stranger = await it.person('dora');
  await stranger.goto(`/${resource}/`);
  await stranger.getByRole('heading', { name: 'You are not in yet' }).waitFor();
  await stranger.goto('/join');
  await stranger.getByRole('heading', { name: 'No invite here' }).waitFor();
  const nobody = await it.person('nobody', { signedIn: false });
  await nobody.goto(`/${resource}/`);
  await nobody.getByRole('heading', { name: 'Sign in to open this' }).waitFor();
  await nobody.getByRole('button', { name: 'Sign in as Alice' }).click();
  await nobody.getByRole('heading', { name: 'Who has access' }).waitFor();
  noProblems(stranger, nobody);
});
