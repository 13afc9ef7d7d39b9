// Every state the demo can show, for the accessibility test and for looking at them (look.mjs).
import { after } from 'node:test';
import { setMember, startServer } from '../support/server.mjs';
import { startRefusing } from '../support/smtp.mjs';
import { createInvite, ownPage, stage } from './people.mjs';

const post = await startRefusing();
post.release();
after(() => post.stop());

/** The stage for all states: its server has a mail server that takes nothing. */
export const stageOfStates = () => stage({ start: () => startServer({ args: post.args }) });

const LANGUAGES = {
  da: { remove: 'Fjern Carol', keepAccess: 'Behold adgang', create: 'Opret invitationslink', code: 'QR-kode', revoke: /^Tilbagekald: /, keep: 'Behold den', accept: 'Acceptér', done: /^Du er med/, cancelled: 'Linket er beskadiget' },
  de: { remove: 'Carol entfernen', keepAccess: 'Zugang behalten', create: 'Einladungslink erstellen', code: 'QR-Code', revoke: /^Widerrufen: /, keep: 'Behalten', accept: 'Annehmen', done: /^Du bist dabei/, cancelled: 'Dieser Link ist beschädigt' },
};

/** Back to this window: the list is looked at at once instead of at its next turn. */
function comeBack(page) {
  return page.evaluate(() => dispatchEvent(new Event('focus')));
}

/** An invite whose mail was not delivered, made by a page's person. */
function createUnmailed(page, resource) {
  return page.evaluate(async (id) => {
    const { connect } = await import('/sdk/index.js');
    const email = 'maximiliane.von-und-zu-hohenstein@institut-fuer-zeitgeschichte.example.com';
    const invites = connect({ resource: id });
    const { id: made } = await invites.create({ email, maxUses: 1, send: true });
    while ((await invites.get()).find((invite) => invite.id === made).mail.status !== 'failed');
  }, resource);
}

/**
 * Walks through all states and calls `visit(name, page)` in each. `options` are the browser context's
 * (viewport, colorScheme, …).
 */
export async function everyState(it, options, visit) {
  const resource = await it.resource({ alice: 'arw', carol: 'r' });
  const nobody = await it.person('nobody', { ...options, signedIn: false });
  await nobody.goto('/');
  await nobody.getByRole('button', { name: 'Sign in as Alice' }).waitFor();
  await visit('start-signed-out', nobody);

  const alice = await it.person('alice', options);
  // A headless browser has no share sheet.
  await alice.addInitScript(() => { navigator.share = async () => {}; });
  const manager = alice.locator('invite-manager');
  await alice.goto(`/?resource=${resource}`);
  await manager.getByText('No open invites.').waitFor();
  await manager.getByLabel('How many people?').waitFor();
  await visit('manager-empty', alice);
  await manager.getByLabel('How many people?').fill('-1');
  await manager.getByRole('button', { name: 'Create invite link' }).click();
  await manager.getByRole('alert').waitFor();
  await visit('manager-field-error', alice);
  await manager.getByLabel('How many people?').fill('');
  // Over by the time it is looked at.
  const [brief, personal] = await alice.evaluate(async (id) => {
    const { connect } = await import('/sdk/index.js');
    const invites = connect({ resource: id });
    const linkOf = async (options) => invites.link(await invites.create(options), { page: `${location.origin}/${id}/` });
    return [await linkOf({ maxAge: 1 }), await linkOf({ email: 'erin@example.com', maxUses: 1 })];
  }, resource);
  const once = await createInvite(alice, { permissions: 'Admin', people: 1, expiry: '1 hour' });
  const readOnly = await createInvite(alice, { permissions: 'Read', expiry: '30 days' });
  await createUnmailed(alice, resource);
  await manager.locator('.unmailed:visible').waitFor();
  const link = await createInvite(alice, { permissions: 'Read and write' });
  await manager.getByRole('listitem').nth(2).waitFor();
  await visit('manager-created', alice);
  await manager.getByRole('button', { name: 'QR code' }).click();
  await manager.getByRole('img', { name: 'QR code of the invite link' }).locator('svg').waitFor();
  await visit('manager-qr', alice);

  const bob = await it.person('bob', options);
  const acceptor = bob.locator('invite-acceptor');
  await nobody.goto(link);
  await nobody.getByText('Sign in to accept.').waitFor();
  await visit('acceptor-signed-out', nobody);
  await bob.goto(link);
  await acceptor.getByRole('button', { name: 'Accept' }).waitFor();
  await visit('acceptor-signed-in', bob);
  await acceptor.getByRole('button', { name: 'Use another account' }).click();
  await visit('acceptor-other-account', bob);
  await acceptor.getByRole('button', { name: 'Not now' }).click();
  await acceptor.getByRole('heading', { name: 'Not now, then' }).waitFor();
  await visit('acceptor-declined', bob);
  await bob.goto('/');
  await bob.getByText('An invite is waiting').waitFor();
  await visit('start-invite-waiting', bob);
  await bob.getByRole('link', { name: 'Look at it' }).click();
  await acceptor.getByRole('button', { name: 'Accept' }).click();
  await acceptor.getByRole('link', { name: 'Open it' }).waitFor();
  await visit('acceptor-accepted', bob);
  await acceptor.getByRole('link', { name: 'Open it' }).click();
  await bob.locator('#members .name').first().waitFor();
  await visit('resource', bob);
  await bob.goto(readOnly);
  await acceptor.getByText('You already have everything').waitFor();
  await visit('acceptor-nothing-gained', bob);
  await bob.goto(once);
  await acceptor.getByText('in addition').waitFor();
  await visit('acceptor-admin', bob);
  await acceptor.getByRole('button', { name: 'Accept' }).click();
  await acceptor.getByRole('link', { name: 'Open it' }).waitFor();

  await comeBack(alice);
  await manager.locator('.member', { hasText: 'Bob' }).getByText('Admin').waitFor();
  await visit('manager-joined', alice);
  await manager.getByRole('button', { name: 'Remove Bob' }).click();
  await manager.getByRole('dialog', { name: 'Remove Bob?' }).waitFor();
  await visit('manager-remove', alice);
  await manager.getByRole('button', { name: 'Keep access' }).click();
  await manager.getByRole('button', { name: /^Revoke: Read and write/ }).click();
  await manager.getByRole('dialog').waitFor();
  await visit('manager-revoke', alice);
  await manager.getByRole('button', { name: 'Revoke invite' }).click();
  await manager.getByText('Bob joined', { exact: true }).waitFor({ state: 'detached' });
  await manager.getByText('(revoked)').first().waitFor();
  await visit('manager-revoked', alice);

  const dora = await it.person('dora', options);
  await dora.goto(link);
  await dora.getByRole('heading', { name: 'This invite was cancelled' }).waitFor();
  await visit('acceptor-cancelled', dora);
  await dora.goto(once);
  await dora.getByRole('heading', { name: 'This invite is used up' }).waitFor();
  await visit('acceptor-used-up', dora);
  await dora.goto(readOnly.slice(0, -3));
  await dora.getByRole('heading', { name: 'This link is damaged' }).waitFor();
  await visit('acceptor-damaged', dora);
  await dora.goto('about:blank');
  await dora.goto(brief);
  await dora.getByRole('heading', { name: 'This invite has expired' }).waitFor();
  await visit('acceptor-expired', dora);
  await dora.goto('/site/docs/links.html');
  await visit('guide', dora);
  await dora.goto('/site/docs/backends.html');
  await visit('guide-with-code', dora);
  await dora.goto('/');
  await dora.getByText('What else to try').click();
  await dora.getByText('For developers').click();
  await dora.getByRole('heading', { name: 'Nothing here yet' }).waitFor();
  await visit('start-nothing-yet', dora);
  await dora.goto(`/${resource}/`);
  await dora.getByRole('heading', { name: 'You are not in yet' }).waitFor();
  await visit('resource-not-in', dora);
  await dora.goto('about:blank');
  await dora.goto(personal);
  await dora.getByRole('heading', { name: 'This invite is for somebody else' }).waitFor();
  await dora.getByText('You are signed in as Dora.').waitFor();
  await dora.getByRole('button', { name: 'Sign in as Alice' }).waitFor();
  await visit('acceptor-wrong-account', dora);
  const carol = await it.person('carol', options);
  await carol.goto(`/?resource=${resource}`);
  await carol.getByText('Only admins can invite people here.').waitFor();
  await visit('manager-not-admin', carol);

  await setMember(it.server.url, resource, 'alice', 'rw');
  await comeBack(alice);
  await alice.getByText('Only admins can invite people here.').locator('visible=true').waitFor();
  await visit('manager-no-longer-admin', alice);
  await setMember(it.server.url, resource, 'alice', 'arw');
  await alice.reload();
  await manager.getByText('Not used yet').waitFor();
  await alice.context().setOffline(true);
  await comeBack(alice);
  await manager.getByText('Not up to date').waitFor();
  await visit('manager-offline', alice);
  await alice.context().setOffline(false);
  await alice.route('**/invites?*', (route) => route.fulfill({ status: 500 }));
  await alice.reload();
  await manager.getByRole('button', { name: 'Try again' }).waitFor();
  await visit('manager-error', alice);
  await alice.unroute('**/invites?*');

  await carol.goto(readOnly);
  await carol.getByRole('button', { name: 'Continue' }).waitFor();
  await carol.context().setOffline(true);
  await carol.getByRole('button', { name: 'Continue' }).click();
  await carol.getByRole('button', { name: 'Try again' }).waitFor();
  await visit('acceptor-offline', carol);
  await Promise.all([alice, bob, carol, dora, nobody].map((page) => page.context().close()));
  for (const lang of Object.keys(LANGUAGES)) await inAnotherLanguage(it, options, visit, lang);
}

/** The elements alone, on a page in that language. */
async function inAnotherLanguage(it, options, visit, lang) {
  const say = LANGUAGES[lang];
  const resource = await it.resource({ alice: 'arw', carol: 'r' });
  const alice = await it.person('alice', options);
  await ownPage(alice, lang);
  await alice.goto('/mine.html');
  await createUnmailed(alice, resource);
  await alice.goto(`/mine.html?resource=${resource}`);
  await alice.locator('.unmailed:visible').waitFor();
  await alice.getByRole('button', { name: say.create }).click();
  await alice.getByRole('button', { name: say.code }).click();
  await alice.locator('.qr svg').waitFor();
  await visit(`manager-${lang}`, alice);
  await alice.getByRole('button', { name: say.revoke }).first().click();
  await alice.getByRole('dialog').waitFor();
  await visit(`manager-revoke-${lang}`, alice);
  await alice.getByRole('button', { name: say.keep }).click();
  await alice.getByRole('button', { name: say.remove }).click();
  await alice.getByRole('dialog').waitFor();
  await visit(`manager-remove-${lang}`, alice);
  await alice.getByRole('button', { name: say.keepAccess }).click();
  const { hash } = new URL(await alice.locator('#link').inputValue());

  const nobody = await it.person('nobody', { ...options, signedIn: false });
  const bob = await it.person('bob', options);
  for (const page of [nobody, bob]) await ownPage(page, lang);
  await nobody.goto(`/mine.html${hash}`);
  await nobody.locator('invite-acceptor h1').waitFor();
  await visit(`acceptor-signed-out-${lang}`, nobody);
  await bob.goto(`/mine.html${hash.slice(0, -3)}`);
  await bob.getByRole('heading', { name: say.cancelled }).waitFor();
  await visit(`acceptor-damaged-${lang}`, bob);
  await bob.goto('about:blank');
  await bob.goto(`/mine.html${hash}`);
  await bob.getByRole('button', { name: say.accept }).waitFor();
  await visit(`acceptor-${lang}`, bob);
  await bob.getByRole('button', { name: say.accept }).click();
  await bob.getByRole('heading', { name: say.done }).waitFor();
  await visit(`acceptor-accepted-${lang}`, bob);
  await Promise.all([alice, bob, nobody].map((page) => page.context().close()));
}
