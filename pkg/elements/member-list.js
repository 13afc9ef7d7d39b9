// Who has access now.
import { avatar, create, nameOf, setText } from './dom.js';

/** What names somebody within the list. */
export const personId = ({ username, provider }) => `${username}:${provider}`;

/**
 * Rows live as long as somebody is in the list, so that refreshing moves no focus. `onRemove(member, button)`;
 * `onSearch(text)` where there are more people than are shown.
 */
export function memberList({ words, onRemove, onSearch }) {
  const list = create('ul', { class: 'members', part: 'members', 'aria-labelledby': 'members-heading' });
  const search = create('input', { type: 'search', id: 'find-member', maxlength: '200', autocomplete: 'off', on: { input: () => onSearch(search.value.trim()) } });
  const field = create('div', { class: 'field', hidden: true }, create('label', { for: 'find-member' }, words.find), search);
  const note = create('p', { class: 'muted small', role: 'status', hidden: true });
  const problem = create('p', { class: 'notice bad small', role: 'alert', hidden: true });
  const rows = new Map();

  function row(member) {
    const made = { member };
    const you = create('span', { class: 'muted' }, ` (${words.you})`);
    const chip = create('span', { class: 'chip' });
    const remove = create('button', {
      type: 'button', class: 'quiet', part: 'remove', 'aria-label': words.fill(words.removeWhom, nameOf(member.user)),
      on: { click: () => onRemove(made.member, remove) },
    }, words.remove);
    made.node = create('li', { class: 'member' }, avatar(nameOf(member.user)), create('span', { class: 'name' }, nameOf(member.user), you), chip, remove);
    made.update = (now, me, removable) => {
      made.member = now;
      const own = Boolean(me) && personId(me) === personId(now.user);
      you.hidden = !own;
      chip.dataset.letters = now.permissions;
      setText(chip, words.permissionName(now.permissions));
      remove.hidden = own || !removable;
    };
    return made;
  }

  return {
    node: create('div', { class: 'stack' }, problem, field, list, note),
    /** Says what went wrong; nothing, that it did not. */
    fail(text) {
      problem.hidden = !text;
      setText(problem, text ?? '');
    },
    /** `more`: these are not all; `removable`: whether the person who looks may take others out. */
    update(members, { me, more, removable }) {
      const kept = new Set(members.map(({ user }) => personId(user)));
      for (const [id, { node: gone }] of rows) {
        if (!kept.has(id)) {
          gone.remove();
          rows.delete(id);
        }
      }
      members.forEach((member, index) => {
        const id = personId(member.user);
        if (!rows.has(id)) rows.set(id, row(member));
        const { node, update } = rows.get(id);
        update(member, me, removable);
        if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
      });
      // Once shown it stays: somebody may be writing in it.
      if (more && removable) field.hidden = false;
      note.hidden = !more && members.length > 0;
      setText(note, members.length ? words.fill(words.firstOnly, members.length) : words.nobody);
    },
  };
}
