// What `acceptPending` does once something waits: loaded where an invite was captured.

const LETTERS = { a: 'admin', r: 'read', w: 'write' };

/**
 * Accepts what waits, by `send`, and forgets it after success and final failure; `reject` tells of any failure. What is no
 * longer `captured` when the policy has said yes was accepted by another tab, which has told so.
 */
export async function accept(record, captured, policy, send, reject) {
  const waits = () => captured()?.capturedAt === record.capturedAt;
  // Not one that was captured meanwhile.
  const forget = () => waits() && sessionStorage.removeItem('invite-keys:pending');
  const still = async (preview) => (await policy(preview)) && waits();
  try {
    const outcome = await send('acceptInvite', record.key, record.resource, policy?.call ? still : policy);
    if (outcome) forget();
    return outcome;
  } catch (error) {
    if (error.final) forget();
    // Whoever has the wrong account wants to know which.
    if (error.code === 'wrong_account') error.account = await send('identify').catch(() => null);
    reject({ code: error.code });
    throw error;
  }
}

/** The question of the policy `confirm`; a page asks better by passing a function. */
export function ask({ inviter, title, resource, gained, account }) {
  const who = inviter?.displayName || inviter?.username || 'Someone';
  const what = [...gained].map((letter) => LETTERS[letter]).join(', ');
  return !!globalThis.confirm?.(`${who} invites you to ${title || resource} (${what}). Accept as ${account?.displayName || account?.username}?`);
}
