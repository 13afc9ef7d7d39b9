// Asks before somebody loses access, and says which links would let them back in.
import { askDialog } from './dialog.js';
import { create, nameOf } from './dom.js';

/** The server counts no further than one above it. */
const MOST_COUNTED = 100;

/** `ask(user, links)` resolves with `'tell'` or `'end'`, what to do with these links; with nothing where the answer is no. */
export function removeDialog(words, clock) {
  const about = create('p', {});
  const list = create('ul', { class: 'ways small' });
  const box = create('input', { type: 'checkbox', id: 'end-links' });
  const choice = create('label', { class: 'check' }, box, create('span', {}, words.endLinks));
  const dialog = askDialog('remove', { no: words.removeNo, yes: words.removeYes }, create('p', {}, words.removeText), about, list, choice);

  /** A link in words: its label, what it gives, how long and how often it still works. Its key is not known here. */
  const said = ({ label, permissions, expiresAt, usesLeft }) => [
    label, words.permissionName(permissions), words.timeLeft(clock.until(expiresAt), expiresAt), words.usesLeft(usesLeft),
  ].filter(Boolean).join(' · ');

  return {
    ...dialog,
    async ask(user, { total, invites }) {
      about.textContent = total ? words.waysBack : words.noWayBack;
      const more = total - invites.length;
      list.replaceChildren(...invites.map((link) => create('li', {}, said(link))), ...(more > 0 ? [create('li', {}, words.fill(words.andMore, total > MOST_COUNTED ? `${more - 1}+` : more))] : []));
      list.hidden = choice.hidden = !total;
      box.checked = total > 0;
      return await dialog.ask(words.fill(words.removeAsk, nameOf(user))) ? (box.checked ? 'end' : 'tell') : undefined;
    },
  };
}
