// What the groups share.
import { observe } from '../observe.js';

let made = 0;

/** A fresh resource whose admin is alice. */
export async function freshResource({ world, run }, others = {}) {
  made += 1;
  const resource = `group-${run}-${made}`;
  for (const [person, permissions] of Object.entries({ alice: 'arw', ...others })) await world.setMember(resource, person, permissions);
  return resource;
}

/** A connection of a person's, and what it puts on the wire. */
export async function connected({ world, sdk }, person, dialect, resource, { mute, ...more } = {}) {
  const { log, ...wrappers } = observe({ mute });
  const invites = sdk.connect({ server: world.server, dialect, resource, auth: await world.auth(person, dialect, resource), ...wrappers, ...more });
  return { invites, log };
}

export function check(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

export function same(actual, expected, what) {
  check(JSON.stringify(actual) === JSON.stringify(expected), `${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
}

/** The code a call fails with, or `null`. Throws for anything that is no InviteError. */
export async function codeOf(promise, sdk) {
  try {
    await promise;
    return null;
  } catch (error) {
    check(error instanceof Error && error.name === 'InviteError' && sdk.isInviteError(error), `no InviteError: ${error?.name} ${error?.message}`);
    check(typeof error.code === 'string' && error.message.length > 0, 'an error without code or message');
    return error.code;
  }
}

/** How often each value occurs. */
export function tally(values) {
  const counts = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

export const times = (count, make) => Array.from({ length: count }, (_, index) => make(index));
