// Signing in, out and as somebody else. Plain forms and links: signing in leaves the page.
import { avatar, create, nameOf } from '/sdk/elements/dom.js';
import { signOut } from './api.js';

/** Where people sign in on this server: asked once, as soon as the page loads. */
const signIn = fetch('/.well-known/invite-keys').then((answer) => answer.json()).then((said) => said.signIn, () => null);

/** Whether there is any way to sign in. Why there is none the operator reads in the log. */
export const canSignIn = signIn.then(Boolean);

/** What to say where there is none. */
export const NO_SIGN_IN = 'There is no way to sign in here. If you expected one, ask whoever sent you here.';

/** What a server has besides, where anybody may be anybody. */
const trial = signIn.then((address) => (address === '/auth/test' ? import('/site/sample/people.js') : null));

/**
 * The way to the server's own sign-in. `id` keeps two of these on one page apart; `except` is who is signed in and wants
 * to be somebody else.
 */
export function signInChoices(options = {}) {
  const choices = create('div', { class: 'people' });
  Promise.all([signIn, trial]).then(([address, people]) => choices.append(...(people ? people.choices(options) : [signInLink(address, options)])));
  return choices;
}

function signInLink(address, { continueUrl = '/', except }) {
  if (!address) return create('p', { class: 'muted' }, NO_SIGN_IN);
  const target = new URL(address, location.href);
  target.searchParams.set('continue', continueUrl);
  // Whoever is signed in at the issuer would come back as the same person, unasked.
  if (except) target.searchParams.set('prompt', 'login');
  return create('a', { class: 'button primary', href: target.pathname + target.search }, except ? 'Sign in as somebody else' : 'Sign in');
}

/** The corner that says who is signed in. */
export function showAccount(node, user) {
  node.hidden = !user;
  if (!user) return;
  const change = create('span', {});
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
  trial.then((people) => (people ? change.replaceWith(people.change(user)) : change.remove()));
}
