// What happened lately, read off the invites themselves: made, and used by whom.
import { create, icon, nameOf } from './dom.js';
import { ago, moment } from './time.js';

const MOST = 5;

/** The latest events among these invites, newest first: `{ at, who?, invite }`. */
function eventsOf(invites) {
  return invites
    .flatMap((invite) => [{ at: invite.createdAt, invite }, ...(invite.accepted ?? []).map(({ user, at }) => ({ at, who: user, invite }))])
    .sort((one, other) => Date.parse(other.at) - Date.parse(one.at))
    .slice(0, MOST);
}

/** A short list; `update` answers whether there is anything to show. */
export function activityList(words, clock) {
  const node = create('ol', { class: 'activity', part: 'activity', 'aria-labelledby': 'activity-heading' });
  return {
    node,
    update(invites) {
      const events = eventsOf(invites);
      node.replaceChildren(...events.map(({ at, who, invite }) => create('li', { class: 'small' },
        icon(who ? 'people' : 'key'),
        create('span', {}, who ? words.fill(words.didJoin, nameOf(who), words.permissionName(invite.permissions)) : words.fill(words.didCreate, words.permissionName(invite.permissions)),
          invite.status === 'removed' && create('span', { class: 'muted' }, ` (${words.isRevoked})`)),
        create('time', { class: 'muted', datetime: at, title: moment(at, words.lang) }, ago(-clock.until(at), at, words.lang)))));
      return events.length > 0;
    },
  };
}
