// The question of the policy `confirm`, loaded when there is something to ask; a page asks better by passing a function.

const LETTERS = { a: 'admin', r: 'read', w: 'write' };

/** Whether the person says yes. */
export function ask({ inviter, title, resource, gained, account }) {
  const who = inviter?.displayName || inviter?.username || 'Someone';
  const what = [...gained].map((letter) => LETTERS[letter]).join(', ');
  return !!globalThis.confirm?.(`${who} invites you to ${title || resource} (${what}). Accept as ${account?.displayName || account?.username}?`);
}
