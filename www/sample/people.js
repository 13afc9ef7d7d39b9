// The test sign-in of `--demo`: whom one can be with a click, and anybody else by name.
import { avatar, create } from '/sdk/elements/dom.js';

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

/** All of them, but for `except`. `id` keeps two of these on one page apart. */
export function choices({ continueUrl = '/', except, id = 'somebody' }) {
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

/** One click, and one is the other. */
export function change(user) {
  const other = PEOPLE.find(({ username }) => username !== user.username);
  return signInForm(location.pathname + location.search, create('button', { class: 'plain', name: 'username', value: other.username }, `Switch to ${other.name}`));
}
