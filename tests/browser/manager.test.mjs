// <invite-manager> on pages that say what it is for by its attributes, that take it away while it works, and whose clock is wrong.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { connect } from '../../pkg/node.js';
import { signIn, startServer } from '../support/server.mjs';
import { startRefusing } from '../support/smtp.mjs';
import { noProblems, ownPage, shiftClock, stage } from './people.mjs';

const post = await startRefusing();
after(() => post.stop());
const it = stage({ start: () => startServer({ args: post.args }) });

/** A resource of alice's, and her connection to it from a backend. */
async function place(members) {
  const resource = await it.resource(members);
  const { bearer } = await signIn(it.server.url, 'alice');
  return { resource, alice: connect({ server: it.server.url, resource, auth: { bearer } }) };
}

/** Puts a manager onto a page: its attributes, and the options of its connection. */
const open = (page, { attributes = {}, options = {} }) => page.evaluate(async ({ given, wanted }) => {
  const { connect: to } = await import('/sdk/index.js');
  await import('/sdk/elements.js');
  const manager = document.createElement('invite-manager');
  for (const [name, value] of Object.entries(given)) manager.setAttribute(name, value);
  manager.invites = to(wanted);
  document.querySelector('main').append(manager);
}, { given: attributes, wanted: options });

/** Alice's window with one. */
async function window({ clock = 0, ...how } = {}) {
  const page = await it.person('alice');
  if (clock) await page.addInitScript(shiftClock, clock);
  // A page of the server's: Chromium opens no socket for one that a test has put in its place.
  await page.goto('/site/docs/links.html');
  await open(page, how);
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
    await manager.locator('.activity span').first().waitFor(); // it is asked for after the list
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

/** What is pressed, and the request that then waits until the element is off the page. */
const WORK = {
  'creates': { press: (manager) => manager.getByRole('button', { name: 'Create invite link' }).click(), waits: /\/resources\/[^/]+\/invites$/, method: 'POST' },
  'revokes': {
    async press(manager) {
      await manager.getByRole('button', { name: /^Revoke:/ }).click();
      await manager.getByRole('button', { name: 'Revoke invite' }).click();
    },
    waits: /\/invites\/remove$/, method: 'POST',
  },
  'removes somebody': {
    async press(manager) {
      await manager.getByRole('button', { name: 'Remove Bob' }).click();
      await manager.getByRole('button', { name: 'Remove access' }).click();
    },
    waits: /\/members\/bob/, method: 'PUT',
  },
  'looks who would come back': { press: (manager) => manager.getByRole('button', { name: 'Remove Bob' }).click(), waits: /\/members\/bob/, method: 'GET' },
  'copies': { press: (manager) => manager.getByRole('button', { name: /^Copy link:/ }).click() },
};
const AFTER = { 'creates': ['invites', 2], 'revokes': ['invites', 0], 'removes somebody': ['members', 1] };

for (const [what, { press, waits, method }] of Object.entries(WORK)) {
  for (const fails of [false, true]) {
    test(`taken off the page while it ${what}${fails ? ', which fails' : ''}: nothing is uncaught, and back on it goes on`, async () => {
      const { resource, alice } = await place({ alice: 'arw', bob: 'r' });
      await alice.create();
      const { page, manager } = await window({ options: { resource } });
      await manager.getByRole('button', { name: 'Remove Bob' }).waitFor();
      let arrived, go;
      const asked = new Promise((resolve) => { arrived = resolve; });
      const gone = new Promise((resolve) => { go = resolve; });
      if (waits) {
        await page.route(waits, async (route) => {
          if (route.request().method() !== method) return route.fallback();
          arrived();
          await gone;
          return fails ? route.fulfill({ status: 403, json: { code: 'forbidden', detail: 'Not you.' } }) : route.fallback();
        });
      } else {
        arrived();
      }
      await press(manager);
      await asked;
      await page.evaluate(() => {
        window.manager = document.querySelector('invite-manager');
        window.home = window.manager.parentElement;
        window.manager.remove();
      });
      const answered = waits && page.waitForResponse((response) => waits.test(new URL(response.url()).pathname) && response.request().method() === method);
      go();
      await answered;
      await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 50); }));
      await page.evaluate(() => home.append(manager));
      await manager.getByRole('heading', { name: 'Who has access' }).waitFor();
      const [list, length] = (!fails && AFTER[what]) || ['invites', 1];
      await page.waitForFunction(([one, count]) => document.querySelector('invite-manager').shadowRoot.querySelectorAll(`.${one} > li`).length === count, [list, length]);
      // Chromium itself logs what is refused.
      assert.deepEqual(page.problems.filter((problem) => !/status of 403/.test(problem)), []);
    });
  }
}

test('another connection while it asks whether to take somebody out: nobody is taken out there', async () => {
  const [one, other] = [await place({ alice: 'arw', bob: 'r' }), await place({ alice: 'arw', bob: 'r' })];
  const { page, manager } = await window({ options: { resource: one.resource } });
  await manager.getByRole('button', { name: 'Remove Bob' }).click();
  await manager.getByRole('dialog').waitFor();
  await page.evaluate(async (resource) => {
    const { connect: to } = await import('/sdk/index.js');
    document.querySelector('invite-manager').invites = to({ resource });
  }, other.resource);
  const removed = page.evaluate(() => new Promise((resolve) => { document.addEventListener('memberremoved', () => resolve(), { once: true }); }));
  await manager.getByRole('button', { name: 'Remove access' }).click();
  await removed;
  assert.deepEqual([await one.alice.member('bob:test'), (await other.alice.member('bob:test'))?.permissions], [null, 'r']);
  noProblems(page);
});

test('a list that was asked for before an invite was made, and comes after, does not take it away again', async () => {
  const { resource } = await place();
  const page = await it.person('alice');
  await page.goto('/site/docs/links.html');
  let go;
  const made = new Promise((resolve) => { go = resolve; });
  let asked;
  const first = new Promise((resolve) => { asked = resolve; });
  await page.route(/\/invites\?status=pending/, async (route) => {
    const response = await route.fetch();
    asked();
    await made;
    await route.fulfill({ response });
  }, { times: 1 });
  await open(page, { options: { resource } });
  const manager = page.locator('invite-manager');
  await first;
  await manager.getByRole('button', { name: 'Create invite link' }).click();
  await manager.getByRole('button', { name: /^Revoke:/ }).waitFor();
  const late = page.waitForResponse((response) => response.url().includes('?status=pending'));
  go();
  await late;
  await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 50); }));
  assert.deepEqual(await rows(manager), ['Read']);
  noProblems(page);
});

test('`page` that is no address makes no invite, and says so', async () => {
  const { resource, alice } = await place();
  const { page, manager } = await window({ attributes: { page: 'http://[' }, options: { resource } });
  await manager.getByRole('button', { name: 'Create invite link' }).click();
  await manager.getByText('The attribute page of <invite-manager> is no address.').waitFor();
  assert.equal((await alice.get()).length, 0);
  noProblems(page);
});

for (const what of ['({})', 'Promise.resolve(1)', '"invites"', '5', 'import("/sdk/index.js")']) {
  test(`\`invites\` that is no connection, ${what}, is told in the element`, async () => {
    const page = await it.person('alice');
    await ownPage(page);
    await page.goto('/mine.html');
    const elements = ['invite-manager', 'invite-acceptor'];
    // Not as a script of the page: its policy forbids eval.
    await page.evaluate(`for (const name of ${JSON.stringify(elements)}) document.querySelector(name).invites = ${what}`);
    for (const name of elements) await page.locator(name).getByText('invites must be a connection: what connect() gives, or invites itself.', { exact: true }).waitFor();
    assert.equal(await page.locator('invite-manager').getByRole('button', { name: 'Try again' }).count(), 0);
    // What comes instead works.
    const { resource } = await place();
    await page.evaluate(async (id) => {
      const { connect: to } = await import('/sdk/index.js');
      for (const name of ['invite-manager', 'invite-acceptor']) document.querySelector(name).invites = to({ resource: id });
    }, resource);
    await page.locator('invite-manager').getByText('No open invites.').waitFor();
    await page.locator('invite-acceptor .ticket').waitFor({ state: 'hidden' });
    noProblems(page);
  });
}

test('a mail that was given up stands on its invite, with why and what to do, as soon as the server knows', async () => {
  const { resource, alice } = await place();
  await alice.create({ permissions: 'r' });
  const { id, mail } = await alice.create({ permissions: 'rw', email: 'bob@example.com', send: true });
  assert.deepEqual(mail, { status: 'waiting' });
  const page = await it.person('alice');
  // Nothing but the event brings it: the manager does not look by itself.
  await page.addInitScript(() => {
    for (const name of ['setInterval', 'setTimeout']) {
      const { [name]: begin } = window;
      window[name] = (work, pause, ...rest) => (pause === 4000 || pause === 30_000 ? 0 : begin(work, pause, ...rest));
    }
  });
  await page.goto('/site/docs/links.html');
  const watched = page.waitForResponse((response) => response.url().endsWith(`/${resource}/events`));
  await open(page, { options: { resource } });
  await watched;
  const manager = page.locator('invite-manager');
  const notice = manager.locator('.unmailed');
  assert.deepEqual([await notice.count(), await notice.locator('visible=true').count()], [2, 0]);

  post.release();
  await notice.locator('visible=true').waitFor();
  const said = 'The mail to bob@example.com could not be delivered. The mail server answered 550: it does not take mail for this address. Copy the link and send it yourself.';
  assert.deepEqual(await notice.locator('visible=true').allInnerTexts(), [said]);
  assert.equal(await manager.locator('.invite', { has: page.locator('.unmailed:not([hidden])') }).locator('.chip').innerText(), 'Read and write');
  assert.equal(await manager.locator('.announcer').textContent(), 'The mail to bob@example.com could not be delivered. Copy the link and send it yourself.');
  assert.deepEqual((await alice.get()).map((invite) => [invite.id === id, invite.mail]).filter(([is]) => is), [
    [true, { status: 'failed', trouble: 'the mail server answered 550: it does not take mail for this address' }]]);
  noProblems(page);
});

test('what happens after it has looked and before the server tells is seen soon', async () => {
  const { resource, alice } = await place();
  const page = await it.person('alice');
  await page.goto('/site/docs/links.html');
  let asked, go;
  const began = new Promise((resolve) => { asked = resolve; });
  const held = new Promise((resolve) => { go = resolve; });
  await page.route(/\/events$/, async (route) => {
    asked();
    await held;
    await route.continue();
  });
  await open(page, { options: { resource } });
  const manager = page.locator('invite-manager');
  await manager.getByText('No open invites.').waitFor();
  await began;
  await alice.create();
  go();
  // The next look of a list that is told of what happens is half a minute away.
  await manager.getByRole('button', { name: /^Revoke:/ }).waitFor({ timeout: 20_000 });
  noProblems(page);
});
