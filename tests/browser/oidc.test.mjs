// People of a real OpenID Connect provider: in the browser, and by bearer tokens.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { importJWK, SignJWT } from 'jose';
import { launchChromium } from '../support/chromium.mjs';
import { makeKey, startIssuer } from '../support/issuer.mjs';
import { freshResource, startServer } from '../support/server.mjs';
import { noProblems, watchForProblems } from './people.mjs';

const client = { client_id: 'invites', client_secret: 'a secret: of (this) test%' };
let browser, folder, issuer, server, key;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'invite-keys-oidc-'));
  const secret = join(folder, 'client-secret');
  writeFileSync(secret, `${client.client_secret}\n`);
  [browser, issuer, key] = await Promise.all([launchChromium(), startIssuer(), makeKey('first', 'ES256')]);
  server = await startServer({
    demo: false,
    args: ['--database', join(folder, 'invites.db'), '--oidc-issuer', issuer.url, '--oidc-client-id', client.client_id,
      '--oidc-client-secret-file', secret, '--oidc-sign-out', 'issuer-and-back'],
  });
  open([key]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await issuer?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function open(keys) {
  issuer.open({ client, keys, redirect: `${server.url}/auth/oidc/callback`, goodbye: `${server.url}/` });
}

async function window() {
  const context = await browser.newContext({ baseURL: server.url, reducedMotion: 'reduce' });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  page.problems = watchForProblems(page);
  return page;
}

/** At the issuer. */
async function beThere(page, username) {
  await page.getByLabel('Who are you?').fill(username);
  await page.getByRole('button', { name: 'Go on' }).click();
}

async function ask(path, { bearer, ...options } = {}) {
  const response = await fetch(server.url + path, {
    ...options,
    headers: { 'Content-Type': 'application/json', ...(bearer && { Authorization: `Bearer ${bearer}` }) },
  });
  return { status: response.status, challenge: response.headers.get('WWW-Authenticate'), body: await response.json() };
}

const nameOf = async (bearer) => (await ask('/api/v1/me', { bearer })).body.user?.username;

/** What the issuer's key signs, said by us: it makes no tokens that are out of date. */
async function signed(change = {}, jwk = key, header = {}) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer.url, aud: client.client_id, sub: 'alice', preferred_username: 'alice', iat: now, exp: now + 300, ...change };
  return new SignJWT(claims).setProtectedHeader({ alg: jwk.alg, kid: jwk.kid, ...header }).sign(await importJWK(jwk, jwk.alg));
}

test('an invite waits while somebody signs in at the issuer, and is theirs afterwards', async () => {
  const bearer = await issuer.accessToken('alice', client.client_id);
  assert.equal(await nameOf(bearer), 'alice');
  const resource = freshResource();
  assert.equal((await ask(`/api/v1/resources/${resource}`, { bearer, method: 'PUT', body: '{"title":"Plans"}' })).status, 201);
  const { body: invite } = await ask(`/api/v1/resources/${resource}/invites`, {
    bearer, method: 'POST', body: JSON.stringify({ permissions: 'rw', email: 'bob@example.com' }),
  });

  const page = await window();
  await page.goto(`/${resource}/?a=1#acceptInvite=${invite.key}`);
  await page.getByText('Alice of the issuer invites you to', { exact: true }).waitFor();
  await page.locator('invite-acceptor').getByRole('link', { name: 'Sign in', exact: true }).click();
  await beThere(page, 'bob');
  await page.getByText('You are signed in as').waitFor();
  assert.equal(page.url(), `${server.url}/${resource}/?a=1`, 'back where the invite led, without a code or a key');
  await page.getByRole('button', { name: 'Accept' }).click();
  await page.getByRole('heading', { name: /^You are in/ }).waitFor();

  const { body: { members } } = await ask(`/api/v1/resources/${resource}/members`, { bearer });
  const bob = members.find(({ user }) => user.username === 'bob');
  assert.deepEqual(bob, { user: { username: 'bob', provider: 'oidc', displayName: 'Bob of the issuer' }, permissions: 'rw' });
  const cookies = await page.context().cookies(server.url);
  assert.deepEqual(cookies.filter(({ name }) => name.startsWith('signin_')), [], 'nothing is left of the sign-in');
  const session = cookies.find(({ name }) => name === 'session');
  assert.ok(session.httpOnly && session.sameSite === 'Lax');

  // Being somebody else is asked for, as the issuer knows them still.
  await page.goto('/auth/oidc/login?continue=/&prompt=login');
  await beThere(page, 'carol');
  await page.locator('#account').getByText('Carol of the issuer').waitFor();
  noProblems(page);
});

test('signing out ends it here, and at the issuer for whoever says so there', async () => {
  const page = await window();
  await page.goto('/auth/oidc/login');
  await beThere(page, 'bob');
  const account = page.locator('#account').getByText('Bob of the issuer');
  for (const [answer, after] of [['No', account], ['Yes', page.getByLabel('Who are you?')]]) {
    await account.waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign out here, too?' }).waitFor();
    assert.ok(page.url().startsWith(issuer.url));
    assert.deepEqual(await page.context().cookies(server.url).then((all) => all.filter(({ name }) => name === 'session')), [],
      'signed out with us before any answer');
    await page.getByRole('button', { name: answer, exact: true }).click();
    await page.waitForURL(`${server.url}/`);
    await page.getByRole('link', { name: 'Sign in', exact: true }).click();
    await after.waitFor();
  }
  noProblems(page);
});

test('whoever says no at the issuer is not signed in, and can try again', async () => {
  const page = await window();
  await page.goto('/');
  await page.getByRole('link', { name: 'Sign in', exact: true }).click();
  await beThere(page, '');
  await page.getByRole('heading', { name: 'Not signed in' }).waitFor();
  assert.ok(!(await page.content()).includes('Somebody said no'), 'the address has no say in what the page says');
  await page.getByRole('link', { name: 'Sign in', exact: true }).click();
  await beThere(page, 'dora');
  await page.locator('#account').getByText('Dora of the issuer').waitFor();
});

test('a bearer that is out of date, for others, or signed otherwise is refused', async () => {
  const hour = 3600;
  const now = Math.floor(Date.now() / 1000);
  const secret = new TextEncoder().encode(JSON.stringify({ ...key, d: undefined }));
  const stranger = { ...await makeKey('first', 'ES256') };
  assert.equal(await nameOf(await signed()), 'alice');
  assert.equal(await nameOf(await issuer.accessToken('alice', server.url)), 'alice', 'for the public URL');
  const refused = {
    expired: await signed({ iat: now - 2 * hour, exp: now - hour }),
    'for others': await signed({ aud: 'somebody-else' }),
    'for others, made by the issuer': await issuer.accessToken('alice', 'somebody-else'),
    'of another issuer': await signed({ iss: 'https://issuer.example' }),
    'of another key by that name': await signed({}, stranger),
    'signed with the public key': await new SignJWT({ iss: issuer.url, aud: 'invites', sub: 'x', exp: now + hour })
      .setProtectedHeader({ alg: 'HS256', kid: key.kid }).sign(secret),
    unsigned: (await signed()).replace(/^[^.]+/, btoa('{"alg":"none"}').replace(/=+$/, '')).replace(/[^.]+$/, ''),
  };
  for (const [what, bearer] of Object.entries(refused)) {
    const { status, challenge, body } = await ask('/api/v1/me', { bearer });
    assert.deepEqual([status, body.code, challenge], [401, 'bad_credentials', 'Bearer error="invalid_token"'], what);
  }
});

test('keys that the issuer has rotated are found', async () => {
  const old = await signed();
  assert.equal(await nameOf(old), 'alice');
  key = await makeKey('second', 'ES256');
  open([key]);
  // Signing in asks for them at once.
  const page = await window();
  await page.goto('/auth/oidc/login');
  await beThere(page, 'erin');
  await page.locator('#account').getByText('Erin of the issuer').waitFor();
  assert.equal(await nameOf(await issuer.accessToken('alice', client.client_id)), 'alice');
  assert.equal((await ask('/api/v1/me', { bearer: old })).status, 401, 'a withdrawn key');

  // A bearer may have to wait for a moment: strangers must not make us ask all the time.
  key = await makeKey('third', 'ES256');
  open([key]);
  const bearer = await issuer.accessToken('alice', client.client_id);
  const patience = AbortSignal.timeout(60_000);
  while (await nameOf(bearer) !== 'alice') await pause(250, undefined, { signal: patience });
});
