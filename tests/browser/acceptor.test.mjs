// <invite-acceptor> on pages that come and go, and whose clock is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../pkg/node.js';
import { signIn } from '../support/server.mjs';
import { noProblems, ownPage, shiftClock, stage } from './people.mjs';

const it = stage();

async function invited(options = {}) {
  const resource = await it.resource();
  const { bearer } = await signIn(it.server.url, 'alice');
  const alice = connect({ server: it.server.url, resource, auth: { bearer } });
  const invite = await alice.create({ permissions: 'rw', maxAge: 7 * 86_400, ...options });
  return { resource, alice, invite, fragment: `#acceptInvite=${invite.key}&resource=${resource}` };
}

async function visitor(fragment) {
  const bob = await it.person('bob');
  await ownPage(bob);
  await bob.goto(`/mine.html${fragment}`);
  await bob.getByRole('button', { name: 'Accept' }).waitFor();
  return bob;
}

/** Each takes the element off the page and puts one there again, as a page does that navigates within itself. */
const NAVIGATIONS = {
  'the same element': (acceptor) => {
    const { parentElement } = acceptor;
    acceptor.remove();
    return new Promise((resolve) => { setTimeout(() => resolve(parentElement.append(acceptor))); });
  },
  'another one': (acceptor) => {
    const other = acceptor.cloneNode();
    other.invites = acceptor.invites;
    acceptor.replaceWith(other);
  },
  'another one, later': async (acceptor) => {
    const { parentElement, invites } = acceptor;
    acceptor.remove();
    await new Promise((resolve) => { setTimeout(resolve); });
    parentElement.append(Object.assign(acceptor.cloneNode(), { invites }));
  },
  'the same, moved': (acceptor) => acceptor.parentElement.append(acceptor),
};

for (const [what, navigate] of Object.entries(NAVIGATIONS)) {
  test(`mounted again while it asks, ${what}: it asks again, and its answer counts`, async () => {
    const { fragment, alice } = await invited();
    const bob = await visitor(fragment);
    await bob.locator('invite-acceptor').evaluate(navigate);
    await bob.getByRole('button', { name: 'Accept' }).click();
    await bob.getByRole('heading', { name: /^You are in/ }).waitFor();
    const [{ uses }] = await alice.get();
    assert.equal(uses, 1);
    noProblems(bob);
  });
}

test('mounted again while it looks the invite up', async () => {
  const { fragment } = await invited();
  const bob = await it.person('bob');
  await ownPage(bob);
  let looked;
  const looking = new Promise((resolve) => { looked = resolve; });
  await bob.route('**/invites/check', async (route) => {
    looked();
    await route.continue().catch(() => {});
  });
  await bob.goto(`/mine.html${fragment}`);
  await looking;
  await bob.locator('invite-acceptor').evaluate(NAVIGATIONS['another one, later']);
  await bob.getByRole('button', { name: 'Accept' }).click();
  await bob.getByRole('heading', { name: /^You are in/ }).waitFor();
  noProblems(bob);
});

test('taken off the page right after Accept was pressed: it is accepted all the same, and back on it says so', async () => {
  const { fragment, resource } = await invited();
  const bob = await visitor(fragment);
  let go;
  const back = new Promise((resolve) => { go = resolve; });
  await bob.route('**/invites/accept', async (route) => {
    await back;
    await route.continue();
  });
  await bob.getByRole('button', { name: 'Accept' }).click();
  await bob.evaluate(() => {
    window.acceptor = document.querySelector('invite-acceptor');
    window.place = window.acceptor.parentElement;
    window.acceptor.remove();
  });
  go();
  await bob.evaluate(() => place.append(acceptor));
  await bob.getByRole('heading', { name: `You are in: ${resource}` }).waitFor();
  noProblems(bob);
});

test('taken off the page it leaves the invite waiting, and nobody is told of a refusal', async () => {
  const { fragment, resource } = await invited();
  const bob = await visitor(fragment);
  await bob.evaluate(async () => {
    window.told = [];
    for (const type of ['inviterejected', 'inviteaccepted']) document.addEventListener(type, () => told.push(type));
    document.querySelector('invite-acceptor').remove();
  });
  const outcome = await bob.evaluate(async () => {
    const { invites } = await import('/sdk/index.js');
    const kept = invites.pending.resource;
    return [kept, (await invites.acceptPending(() => true)).permissions, told];
  });
  assert.deepEqual(outcome, [resource, 'rw', ['inviteaccepted']]);
});

test('a second link takes the place of the first, whose question nobody answers', async () => {
  const [first, second] = [await invited(), await invited()];
  const bob = await visitor(first.fragment);
  await bob.evaluate((fragment) => { location.hash = fragment; }, second.fragment);
  await bob.getByRole('heading', { name: second.resource }).waitFor();
  await bob.getByRole('button', { name: 'Accept' }).click();
  await bob.getByRole('heading', { name: `You are in: ${second.resource}` }).waitFor();
  assert.deepEqual((await first.alice.get()).map(({ uses }) => uses), [0]);
  noProblems(bob);
});

for (const days of [8, -8]) {
  test(`with a clock that is ${days} days wrong, the times are the server's`, async () => {
    const { fragment, resource } = await invited();
    const bob = await it.person('bob');
    await bob.addInitScript(shiftClock, days * 86_400_000);
    await ownPage(bob);
    await bob.goto(`/mine.html${fragment}`);
    await bob.getByRole('button', { name: 'Accept' }).waitFor();
    await bob.locator('invite-acceptor').getByText('7 days left').waitFor();

    const alice = await it.person('alice');
    await alice.addInitScript(shiftClock, days * 86_400_000);
    await ownPage(alice);
    await alice.goto(`/mine.html?resource=${resource}`);
    await alice.locator('invite-manager').getByText('7 days left').waitFor();
    assert.match(await alice.locator('invite-manager .activity time').first().innerText(), /now|second|minute/);
    noProblems(alice, bob);
  });
}

for (const signedIn of [true, false]) {
  test(`\`sign-in\` that is no address is left out, and the console says so, ${signedIn ? 'signed in' : 'signed out'}`, async () => {
    const { fragment } = await invited();
    const bob = await it.person('bob', { signedIn });
    await ownPage(bob);
    await bob.goto('/mine.html');
    await bob.evaluate(() => document.querySelector('invite-acceptor').setAttribute('sign-in', 'http://['));
    await bob.evaluate((hash) => { location.hash = hash; }, fragment);
    await bob.getByText('Alice invites you to', { exact: true }).waitFor();
    assert.equal(await bob.locator('invite-acceptor [part="sign-in"]').count(), 0);
    assert.deepEqual([...new Set(bob.problems)], ['console warning: The attribute sign-in of <invite-acceptor> is no address.']);
  });
}
