// Signing in, out and as somebody else. Plain forms: the sign-in of a real product leaves the page too.
import { avatar, create, nameOf } from '/sdk/elements/dom.js';
import { signOut } from './api.js';

const PEOPLE = [
  { username: 'alice', name: 'Alice', about: 'has Team notes and a roadmap' },
  { username: 'bob', name: 'Bob', about: 'has recipes, waits for an invite' },
];

function signInForm(continueUrl, ...content) {
  return create('form', { method: 'post', action: '/auth/test' },
    create('input', { type: 'hidden', name: 'password', value: 'demo' }),
    create('input', { type: 'hidden', name: 'continue', value: continueUrl }),
    ...content);
}

/** One button per person, and a field for anybody else; `id` keeps two of these on one page apart. */
export function signInChoices({ continueUrl = '/', except, id = 'somebody' } = {}) {
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
  return create('div', { class: 'people' }, ...people, other);
}

/** The corner that says who is signed in. */
export function showAccount(node, user) {
  node.hidden = !user;
  if (!user) return;
  const here = location.pathname + location.search;
  const other = PEOPLE.find(({ username }) => username !== user.username);
  node.replaceChildren(
    avatar(nameOf(user)),
    create('span', { class: 'who' }, nameOf(user)),
    signInForm(here, create('button', { class: 'plain', name: 'username', value: other.username }, `Switch to ${other.name}`)),
    create('form', { on: { async submit(event) {
      event.preventDefault();
      await signOut();
      location.reload();
    } } }, create('button', { class: 'plain' }, 'Sign out')));
}
