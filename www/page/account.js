// Signing in, out and as somebody else. Plain forms and links: signing in leaves the page.
import { avatar, create, nameOf } from '/sdk/elements/dom.js';
import { signOut } from './api.js';

const PEOPLE = [
  { username: 'alice', name: 'Alice', about: 'has Team notes and a roadmap' },
  { username: 'bob', name: 'Bob', about: 'has recipes, waits for an invite' },
];

/** The test sign-in of `--demo`, whose people these pages know by name. */
const TEST = '/auth/test';

/** Where people sign in on this server: asked once, as soon as the page loads. */
const signIn = fetch('/.well-known/invite-keys').then((answer) => answer.json()).then((said) => said.signIn, () => null);

function signInForm(continueUrl, ...content) {
  return create('form', { method: 'post', action: '/auth/test' },
    create('input', { type: 'hidden', name: 'password', value: 'demo' }),
    create('input', { type: 'hidden', name: 'continue', value: continueUrl }),
    ...content);
}

/**
 * The test sign-in's people, or the way to the server's own sign-in. `id` keeps two of these on one page apart; `except`
 * is who is signed in and wants to be somebody else.
 */
export function signInChoices(options = {}) {
  const choices = create('div', { class: 'people' });
  signIn.then((address) => choices.append(...(address === TEST ? testPeople(options) : [signInLink(address, options)])));
  return choices;
}

function signInLink(address, { continueUrl = '/', except }) {
  if (!address) return create('p', { class: 'muted' }, 'There is no sign-in on this server. Ask whoever runs it for a way in.');
  const target = new URL(address, location.href);
  target.searchParams.set('continue', continueUrl);
  // Whoever is signed in at the issuer would come back as the same person, unasked.
  if (except) target.searchParams.set('prompt', 'login');
  return create('a', { class: 'button primary', href: target.pathname + target.search }, except ? 'Sign in as somebody else' : 'Sign in');
}

function testPeople({ continueUrl = '/', except, id = 'somebody' }) {
  const people = PEOPLE.filter(({ username }) => username !== except).map(({ username, name, about }) => signInForm(continueUrl,
    create('button', { class: 'person', name: 'username', value: username },
      avatar(name), create('span', {}, `Sign in as ${name}`, create('small', {}, about)))));
  const other = signInForm(continueUrl,
    create('label', { for: id }, 'Or as somebody else'),
    create('div', { class: 'with-button' },
      create('input', {
        id, name: 'username', required: true, maxlength: '64', pattern: '[A-Za-z0-9_.\\-]+', placeholder: 'carol',
        title: 'Letters, digits, and . _ -', autocomplete: 'off', autocapitalize: 'none', spellcheck: 'false',
      }),
      create('button', {}, 'Sign in')));
  return [...people, other];
}

/** The corner that says who is signed in. */
export function showAccount(node, user) {
  node.hidden = !user;
  if (!user) return;
  const here = location.pathname + location.search;
  const change = create('span', {});
  const other = PEOPLE.find(({ username }) => username !== user.username);
  node.replaceChildren(
    avatar(nameOf(user)),
    create('span', { class: 'who' }, nameOf(user)),
    change,
    create('form', { on: { async submit(event) {
      event.preventDefault();
      const there = await signOut();
      if (there) location.assign(there);
      else location.reload();
    } } }, create('button', { class: 'plain' }, 'Sign out')));
  signIn.then((address) => {
    if (address !== TEST) change.remove();
    else change.replaceWith(signInForm(here, create('button', { class: 'plain', name: 'username', value: other.username }, `Switch to ${other.name}`)));
  });
}
