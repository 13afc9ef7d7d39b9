// An invite opened signed out survives the sign-in, is accepted once, and its key leaves the address at once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signIn } from '../support/server.mjs';
import { createInvite, keyOf, noProblems, stage } from './people.mjs';

const it = stage();

async function invited() {
  const resource = await it.resource();
  const alice = await it.person('alice');
  await alice.goto(`/?resource=${resource}`);
  const link = await createInvite(alice, { permissions: 'Read and write' });
  return { resource, alice, link, key: keyOf(link) };
}

const forms = {
  fragment: ({ link }) => link,
  query: ({ resource, key }) => `/${resource}/?acceptInvite=${key}`,
  'query among other parameters': ({ resource, key }) => `/${resource}/?a=1&acceptInvite=${key}&b=2#part`,
  '/join with the resource in the fragment': ({ resource, key }) => `/join#acceptInvite=${key}&resource=${resource}`,
};

for (const [name, addressOf] of Object.entries(forms)) {
  test(`signed out, sign in, come back: ${name}`, async () => {
    const invite = await invited();
    const { alice, key } = invite;
    const bob = await it.person('bob', { signedIn: false });
    const accepts = [];
    bob.on('request', (request) => { if (request.url().endsWith('/api/v1/invites/accept')) accepts.push(request); });
    await bob.goto(addressOf(invite));
    assert.ok(!bob.url().includes(key), 'the address has no key once the page has loaded');
    if (name.includes('parameters')) assert.equal(new URL(bob.url()).search + new URL(bob.url()).hash, '?a=1&b=2#part');

    await bob.getByText('Alice invites you to', { exact: true }).waitFor();
    await bob.getByText('Sign in to accept.').waitFor();
    assert.equal(await bob.getByRole('button', { name: 'Accept' }).count(), 0);
    await bob.getByRole('button', { name: 'Sign in as Bob' }).click();
    await bob.getByText('You are signed in as').waitFor();
    assert.ok(!bob.url().includes(key));
    assert.equal(accepts.length, 0, 'nothing is accepted before Bob has said so');

    await bob.getByRole('button', { name: 'Accept' }).click();
    await bob.getByRole('heading', { name: /^You are in/ }).waitFor();
    assert.equal(accepts.length, 1);
    assert.equal(await bob.evaluate(() => sessionStorage.length), 0, 'the invite is no longer kept');
    await bob.reload();
    await bob.getByRole('heading', { name: resourceHeading(name) }).waitFor();
    assert.equal(accepts.length, 1, 'coming back accepts nothing again');
    await alice.locator('invite-manager').getByText('Used once').waitFor();
    noProblems(alice, bob);
  });
}

function resourceHeading(form) {
  return form.startsWith('/join') ? 'No invite here' : 'Who has access';
}

test('the wrong account can be changed, and the invite goes on', async () => {
  const { alice, link } = await invited();
  const page = await it.person('bob');
  await page.goto(link);
  await page.getByText('You are signed in as').waitFor();
  await page.getByRole('button', { name: 'Use another account' }).click();
  await page.locator('invite-acceptor').getByLabel('Or as somebody else').fill('erin');
  await page.locator('invite-acceptor').getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.locator('invite-acceptor .account strong', { hasText: 'Erin' }).waitFor();
  await page.getByRole('button', { name: 'Accept' }).click();
  await page.getByRole('heading', { name: /^You are in/ }).waitFor();
  await alice.locator('invite-manager').getByText('Erin joined', { exact: true }).waitFor();
  noProblems(alice, page);
});

for (const signedIn of [true, false]) {
  test(`an invite for one address waits for the account that has it, opened ${signedIn ? 'by another' : 'signed out'}`, async () => {
    const resource = await it.resource();
    const { bearer } = await signIn(it.server.url, 'alice');
    const made = await fetch(`${it.server.url}/api/v1/resources/${resource}/invites`, {
      method: 'POST', headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: 'erin@example.com' }),
    });
    const { key } = await made.json();
    const page = await it.person('bob', { signedIn });
    const acceptor = page.locator('invite-acceptor');
    await page.goto(`/join#acceptInvite=${key}&resource=${resource}`);
    if (!signedIn) await page.getByRole('button', { name: 'Sign in as Bob' }).click();
    await acceptor.getByText('You are signed in as Bob.').waitFor();
    assert.equal(await acceptor.getByRole('button', { name: 'Accept' }).count(), 0);
    await acceptor.getByLabel('Or as somebody else').fill('erin');
    await acceptor.getByRole('button', { name: 'Sign in', exact: true }).click();
    await acceptor.locator('.account strong', { hasText: 'Erin' }).waitFor();
    await acceptor.getByRole('button', { name: 'Accept' }).click();
    await page.getByRole('heading', { name: /^You are in/ }).waitFor();
    await page.context().close();
  });
}

test('signed out in the middle: Accept asks to sign in, and the invite is still there', async () => {
  const { link } = await invited();
  const bob = await it.person('bob');
  await bob.goto(link);
  const accept = bob.getByRole('button', { name: 'Accept' });
  await accept.waitFor();
  await bob.context().clearCookies({ name: 'session' });
  await accept.click();
  await bob.getByRole('heading', { name: 'You are not signed in' }).waitFor();
  const { cookie } = await signIn(it.server.url, 'bob');
  await bob.context().addCookies([{ name: 'session', value: cookie.slice('session='.length), url: it.server.url, httpOnly: true }]);
  await bob.getByRole('button', { name: 'Try again' }).click();
  await bob.getByRole('button', { name: 'Accept' }).click();
  await bob.getByRole('heading', { name: /^You are in/ }).waitFor();
});

test('sign-up: the confirmation link opens a new tab of another page, and the invite is there', async () => {
  const { alice, link } = await invited();
  const first = await it.person('newcomer', { signedIn: false });
  await first.goto(link);
  await first.getByText('Sign in to accept.').waitFor();
  await first.waitForFunction(() => document.cookie.includes('invites_pending_'));
  const { cookie } = await signIn(it.server.url, 'newcomer');
  await first.context().addCookies([{ name: 'session', value: cookie.slice('session='.length), url: it.server.url, httpOnly: true }]);
  const second = await first.context().newPage();
  await second.goto('/');
  await second.getByText('An invite is waiting.').waitFor();
  await second.getByRole('link', { name: 'Look at it' }).click();
  await second.getByRole('button', { name: 'Accept' }).click();
  await second.getByRole('heading', { name: /^You are in/ }).waitFor();
  await first.getByRole('heading', { name: /^You are in/ }).waitFor();
  await alice.locator('invite-manager').getByText('Used once').waitFor();
  await first.reload();
  await first.getByRole('heading', { name: 'Who has access' }).waitFor();
});

test('a link that is only looked at changes nothing', async () => {
  const { alice, resource, key } = await invited();
  const { cookie } = await signIn(it.server.url, 'bob');
  for (const method of ['GET', 'HEAD']) {
    const response = await fetch(`${it.server.url}/${resource}/?acceptInvite=${key}`, { method, headers: { cookie } });
    assert.equal(response.status, 200);
    await response.text();
  }
  const bob = await it.person('bob');
  await bob.goto(`/${resource}/`);
  await bob.getByRole('heading', { name: 'You are not in yet' }).waitFor();
  await alice.locator('invite-manager').getByText('Not used yet').waitFor();
});
