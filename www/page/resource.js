// /<resource>/ and /join: the invite that brought you here, else the resource itself, else how to get in.
import { connect, invites } from '/sdk/index.js';
import '/sdk/elements.js';
import { avatar, create, nameOf, setText } from '/sdk/elements/dom.js';
import { NO_SIGN_IN, canSignIn, showAccount, signInChoices } from './account.js';
import { myResources, whoAmI } from './api.js';
import { addressOf, opensElsewhere, part, permissionName, showProblem, showTitle } from './parts.js';

/** So many of those who have access are shown. */
const SHOWN = 100;
const resource = location.pathname === '/join' ? null : decodeURIComponent(location.pathname.split('/')[1]);

async function start() {
  const me = await whoAmI();
  showAccount(part('account'), me);
  if (!me) setText(part('ask-start'), 'To the start');
  const pending = isForHere(invites.pending) ? invites.pending : null;
  // A second link opened in this very tab changes only the hash; and another tab may have brought one.
  invites.addEventListener('invitecaptured', ({ detail }) => {
    if (!isForHere(detail) || detail.capturedAt === pending?.capturedAt) return;
    if (pending) part('next').hidden = true;
    else location.reload();
  });
  if (pending) showInvite(pending, me);
  else await showResource(me);
}

/** An invite that waits is shown where its link led, and at /join; the other pages stay as they are. */
function isForHere(pending) {
  return pending && (!resource || new URL(pending.continueUrl, location.href).pathname === location.pathname);
}

function showInvite({ continueUrl }, me) {
  showTitle('An invite for you');
  const acceptor = part('acceptor');
  const here = new URL(continueUrl, location.href);
  part('acceptor-sign-in').replaceChildren(signInChoices({ continueUrl: here.pathname + here.search, except: me?.username }));
  acceptor.addEventListener('accepted', ({ detail }) => {
    const there = addressOf(detail.resource);
    showNext(there, 'Open it', true);
    if (opensElsewhere) location.assign(there);
  });
  acceptor.addEventListener('declined', () => showNext('/', 'Your resources'));
  acceptor.addEventListener('rejected', ({ detail }) => {
    if (detail.code !== 'not_signed_in') showNext('/', 'Your resources');
  });
  acceptor.hidden = false;
  acceptor.invites = invites;
}

function showNext(address, text, primary = false) {
  const next = part('next');
  next.classList.toggle('primary', primary);
  next.href = address;
  setText(next, text);
  next.hidden = false;
}

async function showResource(me) {
  if (!resource) {
    showAsk('No invite here', 'Open the whole link somebody sent you. It begins with this address and goes on after it.');
    return;
  }
  const mine = me ? (await myResources()).find((item) => item.resource === resource) : null;
  if (!mine) {
    if (me) showAsk('You are not in yet', `${nameOf(me)} has no access here. Ask a member for an invite link.`);
    else if (!await canSignIn) showAsk('You are not signed in', NO_SIGN_IN);
    else showAsk('Sign in to open this', 'If you have access, you will see it after signing in. If not, ask somebody inside for an invite link.', true);
    return;
  }
  const title = mine.title || mine.resource;
  showTitle(title);
  setText(part('resource-title'), title);
  if (opensElsewhere) part('resource-open').href = addressOf(resource);
  setText(part('resource-permissions'), permissionName(mine.permissions));
  part('resource-permissions').dataset.letters = mine.permissions;
  const invite = part('resource-invite');
  invite.href = `/?resource=${encodeURIComponent(resource)}`;
  invite.hidden = !mine.permissions.includes('a');
  const members = [];
  for await (const member of connect({ resource }).members({ pageSize: SHOWN })) if (members.push(member) === SHOWN) break;
  part('members').replaceChildren(...members.map(({ user, permissions }) => create('li', {},
    avatar(nameOf(user)),
    create('span', { class: 'name' }, user.username === me.username && user.provider === me.provider ? `${nameOf(user)} (you)` : nameOf(user)),
    create('span', { class: 'chip', 'data-letters': permissions }, permissionName(permissions)))));
  part('resource').hidden = false;
}

function showAsk(title, text, signIn = false) {
  showTitle(title);
  setText(part('ask-title'), title);
  setText(part('ask-text'), text);
  part('ask-sign-in').hidden = !signIn;
  if (signIn) part('ask-sign-in').replaceChildren(signInChoices({ continueUrl: location.pathname }));
  part('ask').hidden = false;
}

start().catch(showProblem);
