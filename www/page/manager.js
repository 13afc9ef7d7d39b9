// The start page: sign in, choose a resource, manage its invites.
import { connect, invites } from '/sdk/index.js';
import '/sdk/elements.js';
import { create, setText } from '/sdk/elements/dom.js';
import { NO_SIGN_IN, canSignIn, showAccount, signInChoices } from './account.js';
import { createResource, myResources, whoAmI } from './api.js';
import { addressOf, part, permissionName, showProblem, showTitle } from './parts.js';

async function start() {
  const me = await whoAmI();
  showAccount(part('account'), me);
  const showWaiting = () => { part('waiting').hidden = !invites.pending; };
  showWaiting();
  // Another tab may have brought it.
  invites.addEventListener('invitecaptured', showWaiting);
  invites.addEventListener('inviteaccepted', showWaiting);
  if (!me) {
    if (await canSignIn) {
      part('sign-in').replaceChildren(signInChoices({ continueUrl: location.pathname + location.search }));
    } else {
      setText(part('welcome-title'), 'You are not signed in');
      setText(part('welcome-text'), NO_SIGN_IN);
    }
    part('welcome').hidden = false;
    return;
  }
  const resources = await myResources();
  const wanted = new URLSearchParams(location.search).get('resource');
  const selected = resources.find(({ resource }) => resource === wanted)
    ?? resources.find(({ permissions }) => permissions.includes('a'))
    ?? resources[0];
  showResources(resources, selected);
  if (selected) showSelected(selected, me);
  part('manager').addEventListener('refused', ({ detail }) => {
    if (detail.code === 'not_admin') showLoss(selected.resource, me).catch(showProblem);
  });
  part('new-resource').addEventListener('submit', createNew);
  part('workspace').hidden = false;
}

function showResources(resources, selected) {
  part('resources').replaceChildren(...resources.map((item) => create('li', {},
    create('a', { href: `/?resource=${encodeURIComponent(item.resource)}`, 'aria-current': item === selected && 'page' },
      create('span', { class: 'name' }, item.title || item.resource),
      create('span', { class: 'muted small' }, permissionName(item.permissions))))));
  part('nothing').hidden = resources.length > 0;
}

function showSelected({ resource, title, permissions }, me) {
  const admin = permissions.includes('a');
  showTitle(title || resource);
  setText(part('selected-title'), title || resource);
  setText(part('selected-permissions'), permissionName(permissions));
  part('selected-permissions').dataset.letters = permissions;
  part('selected-open').href = addressOf(resource);
  part('not-admin').hidden = admin;
  part('selected').hidden = false;
  if (!admin) return;
  const manager = part('manager');
  manager.setAttribute('resource', resource);
  manager.setAttribute('page', `/${encodeURIComponent(resource)}/`);
  manager.me = me;
  manager.invites = connect({ resource });
  manager.hidden = false;
}

/** Somebody took away the right to invite while the page was open. */
async function showLoss(resource, me) {
  const resources = await myResources();
  const selected = resources.find((item) => item.resource === resource);
  if (selected?.permissions.includes('a')) return;
  const manager = part('manager');
  manager.hidden = true;
  manager.invites = null;
  showResources(resources, selected);
  part('selected').hidden = !selected;
  if (selected) showSelected(selected, me);
}

async function createNew(event) {
  event.preventDefault();
  const input = part('new-title');
  const title = input.value.trim();
  setText(part('new-error'), '');
  input.removeAttribute('aria-invalid');
  try {
    if (!title) throw new Error('Give it a name first.');
    const { resource } = await createResource(title);
    location.assign(`/?resource=${encodeURIComponent(resource)}`);
  } catch (error) {
    setText(part('new-error'), error.message);
    input.setAttribute('aria-invalid', 'true');
    input.focus();
  }
}

start().catch(showProblem);
