// Open invites, newest first. Rows live as long as their invite, so that refreshing moves no focus.
import { create, icon, nameOf, setText } from './dom.js';
import { confirmOn } from './link-field.js';
import { listOf, moment } from './time.js';

/** What names an invite within the list, also where a server gives no id. */
export function identityOf(invite) {
  return invite.id ?? invite.key;
}

/** Whether its mail was given up: nobody gets the link unless somebody sends it. */
export const isUnmailed = ({ mail }) => mail?.status === 'failed';

/** As a sentence of its own. A server says why in English, whatever the page is in. */
const sentence = (text) => (typeof text === 'string' && text ? ` ${text[0].toUpperCase()}${text.slice(1)}.` : '');

/** `onCopy(invite) → boolean`, `onRevoke(invite, button)`. */
export function inviteList({ words, clock, onCopy, onRevoke }) {
  const list = create('ul', { class: 'invites', part: 'invites', 'aria-labelledby': 'list-heading' });
  const empty = create('p', { class: 'muted', part: 'empty' }, words.loading);
  // A page may say this in its own way.
  const ownEmpty = create('slot', { name: 'empty' }, words.empty);
  const stale = create('p', { class: 'notice small', hidden: true }, words.stale);
  const node = create('div', { class: 'stack' }, stale, list, empty);
  const rows = new Map();

  function row(invite) {
    const made = { invite };
    const chip = create('span', { class: 'chip', 'data-letters': invite.permissions }, words.permissionName(invite.permissions));
    const left = create('span', {});
    const used = create('span', {});
    const joined = create('p', { class: 'joined small', hidden: true });
    const unmailed = create('strong', {});
    const trouble = create('span', { lang: 'en' });
    const notice = create('p', { class: 'unmailed small', part: 'unmailed', hidden: true },
      icon('warning'), create('span', {}, unmailed, trouble, ` ${words.sendYourself}`));
    const copy = create('button', {
      type: 'button', part: 'copy',
      on: { async click() { if (await onCopy(made.invite)) confirmOn(copy, words.copied); } },
    }, icon('copy'), create('span', {}, words.copy));
    const revoke = create('button', {
      type: 'button', class: 'quiet', part: 'revoke', on: { click: () => onRevoke(made.invite, revoke) },
    }, words.revoke);
    made.node = create('li', { class: 'invite' },
      create('div', { class: 'about' },
        chip,
        create('p', { class: 'facts small muted' }, create('span', { class: 'fact' }, icon('clock'), left), create('span', { class: 'fact' }, icon('people'), used)),
        joined,
        notice),
      create('div', { class: 'actions' }, copy, revoke));
    made.update = (now) => {
      made.invite = now;
      const time = words.timeLeft(clock.until(now.expiresAt), now.expiresAt);
      setText(left, time);
      if (now.expiresAt) left.title = moment(now.expiresAt, words.lang);
      setText(used, words.uses(now));
      used.parentElement.hidden = now.uses === undefined;
      const names = (now.accepted ?? []).map(({ user }) => nameOf(user));
      joined.hidden = names.length === 0;
      setText(joined, names.length ? words.fill(words.joined, listOf(names, words.lang)) : '');
      notice.hidden = !isUnmailed(now);
      setText(unmailed, words.fill(words.unmailed, now.email ?? ''));
      setText(trouble, sentence(now.mail?.trouble));
      // Many buttons with one name: what a screen reader hears tells them apart.
      const which = `${words.permissionName(now.permissions)}, ${time}`;
      copy.setAttribute('aria-label', `${words.copy}: ${which}`);
      revoke.setAttribute('aria-label', `${words.revoke}: ${which}`);
    };
    return made;
  }

  return {
    node,
    update(invites) {
      const kept = new Set(invites.map(identityOf));
      for (const [id, { node: gone }] of rows) {
        if (!kept.has(id)) {
          gone.remove();
          rows.delete(id);
        }
      }
      invites.forEach((invite, index) => {
        const id = identityOf(invite);
        if (!rows.has(id)) rows.set(id, row(invite));
        const { node: item, update } = rows.get(id);
        update(invite);
        // Moving a node loses its focus: only where the order really changed.
        if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
      });
      list.hidden = invites.length === 0;
      empty.hidden = invites.length > 0;
      if (empty.firstChild !== ownEmpty) empty.replaceChildren(ownEmpty);
    },
    forget(id) {
      rows.get(id)?.node.remove();
      rows.delete(id);
    },
    setStale(value) { stale.hidden = !value; },
  };
}
