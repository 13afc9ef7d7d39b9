// Who has access now.
import { avatar, create, nameOf } from './dom.js';

/** A list that is only rebuilt when somebody came, went or changed. */
export function memberList(words) {
  const node = create('ul', { class: 'members', part: 'members', 'aria-labelledby': 'members-heading' });
  let shown = '';
  return {
    node,
    update(members, me) {
      const now = JSON.stringify([members, me?.username]);
      if (now === shown) return;
      shown = now;
      node.replaceChildren(...members.map(({ user, permissions }) => create('li', { class: 'member' },
        avatar(nameOf(user)),
        create('span', { class: 'name' }, nameOf(user),
          me && me.username === user.username && me.provider === user.provider && create('span', { class: 'muted' }, ` (${words.you})`)),
        create('span', { class: 'chip', 'data-letters': permissions }, words.permissionName(permissions)))));
    },
  };
}
