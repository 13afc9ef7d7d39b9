// Every sentence the elements say, in one place, so that another language is one more table.
import { duration, until } from './time.js';

/** The three sorts of invite the form offers, weakest first. */
export const CHOICES = [
  { letters: 'r', name: 'Read', means: 'Can see it' },
  { letters: 'rw', name: 'Read and write', means: 'Can see and change it' },
  { letters: 'arw', name: 'Admin', means: 'Can also invite people' },
];

export const EXPIRIES = [
  { seconds: 3600, name: '1 hour' },
  { seconds: 86_400, name: '1 day' },
  { seconds: 604_800, name: '7 days', usual: true },
  { seconds: 2_592_000, name: '30 days' },
];

const LETTERS = {
  r: 'See what is in it',
  w: 'Change what is in it',
  a: 'Invite other people and decide what they may do',
};

/** "Read and write" for `rw`. */
export function permissionName(letters = '') {
  if (letters.includes('a')) return 'Admin';
  if (letters.includes('w')) return letters.includes('r') ? 'Read and write' : 'Write';
  return letters.includes('r') ? 'Read' : 'No access';
}

/** One sentence per letter, in the order people think of them. */
export function abilities(letters = '') {
  return ['r', 'w', 'a'].filter((letter) => letters.includes(letter)).map((letter) => LETTERS[letter]);
}

export function timeLeft(expiresAt) {
  const left = until(expiresAt);
  if (left === Infinity) return 'Does not expire';
  if (left <= 0) return 'Expired';
  return left < 60_000 ? 'Less than a minute left' : `${duration(left)} left`;
}

export function uses({ uses: used, maxUses }) {
  if (used === undefined) return '';
  if (maxUses) return `${used} of ${maxUses} ${maxUses === 1 ? 'use' : 'uses'}`;
  if (used === 0) return 'Not used yet';
  return used === 1 ? 'Used once' : `Used ${used} times`;
}

export const words = {
  create: {
    heading: 'Create an invite',
    permissions: 'What may they do?',
    expiry: 'Link works for',
    maxUses: 'How many people?',
    maxUsesHint: 'Leave empty for any number',
    maxUsesWrong: 'How many people: a whole number from 1 to 10,000, or nothing.',
    submit: 'Create invite link',
    busy: 'Creating…',
    created: 'Invite link created.',
  },
  link: {
    label: 'Invite link',
    ready: (invite) => `Whoever opens this link and signs in gets: ${permissionName(invite.permissions)}.`,
    copy: 'Copy link',
    copied: 'Copied',
    copiedAloud: 'Link copied.',
    byHand: 'The browser did not let us copy. The link is selected: copy it by hand.',
  },
  list: {
    heading: 'Open invites',
    empty: 'No open invites. Create one above and send its link to somebody.',
    loading: 'Loading…',
    joined: (names) => `${names} joined`,
    stale: 'Not up to date: the server cannot be reached. Trying again…',
  },
  revoke: {
    open: 'Revoke',
    heading: 'Revoke this invite?',
    text: 'The link stops working. People who already joined keep access.',
    confirm: 'Revoke invite',
    keep: 'Keep it',
    done: 'Invite revoked. The link no longer works.',
  },
  members: {
    heading: 'Who has access',
    you: 'you',
    joinedAloud: (name, letters) => `${name} is in: ${permissionName(letters)}.`,
  },
  notAdmin: 'Only admins can invite people here.',
  retry: 'Try again',
  acceptor: {
    loading: 'Looking at your invite…',
    invites: (name) => `${name} invites you to`,
    somebody: 'Somebody',
    gain: 'What you would be able to do',
    gainMore: 'What you would be able to do in addition',
    nothing: 'You already have everything this invite gives.',
    account: 'You are signed in as',
    other: 'Use another account',
    accept: 'Accept',
    goOn: 'Continue',
    accepting: 'Accepting…',
    later: 'Not now',
    signIn: 'Sign in to accept. Your invite waits for you in this tab.',
    acceptedHeading: (title) => `You are in: ${title}`,
    accepted: (letters) => `You now have: ${permissionName(letters)}.`,
    already: 'You already had this access, so nothing changed.',
    declinedHeading: 'Not now, then',
    declined: 'Nothing was accepted. Open the link again whenever you like.',
    open: (title) => `Open ${title}`,
  },
};

const FAILURES = {
  malformed_key: ['This link is damaged', 'Part of it seems to be missing. Copy the whole link again, or ask for a new one.'],
  invalid_key: ['This link does not work', 'It may have expired or been cancelled. Ask whoever sent it for a new one.'],
  expired: ['This invite has expired', 'Ask whoever sent it for a new link.'],
  removed: ['This invite was cancelled', 'Whoever sent it has revoked it. Ask them for a new link.'],
  exhausted: ['This invite is used up', 'As many people as it was meant for have joined. Ask for a new link.'],
  inviter_not_admin: ['This invite no longer counts', 'Whoever sent it is no longer an admin. Ask another admin for a link.'],
  wrong_account: ['This invite is for somebody else', 'Sign in with the account it was sent to.'],
  not_signed_in: ['You are not signed in', 'Sign in and try again.'],
  not_admin: ['Only admins can do this', 'Ask an admin to make you one.'],
  forbidden: ['This is not allowed', 'Ask an admin for access.'],
  limit_reached: ['That is as many as there can be', 'Revoke an invite you no longer need, then try again.'],
  rate_limited: ['A little too fast', 'Wait a moment, then try again.'],
  cannot_remove: ['Already gone', 'This invite was revoked or has expired meanwhile.'],
  offline: ['You seem to be offline', 'Check the connection, then try again.'],
  timeout: ['No answer in time', 'The server took too long. Try again.'],
  closed: ['The connection was lost', 'Try again.'],
  try_again: ['Not just now', 'Wait a moment, then try again.'],
  unknown_outcome: ['Not sure whether that worked', 'The answer was lost. Look at the list before trying again.'],
  load_failed: ['Part of this page did not load', 'Check the connection, then load the page again.'],
  not_invites_server: ['Invites do not work here', 'This address is not an invites server.'],
};

/** What to tell a person about an error: `{ title, text, retry }`. Unknown codes fall back to the error's own sentence. */
export function failure(error) {
  const [title, text] = FAILURES[error?.code] ?? ['Something went wrong', error?.message || 'Try again in a moment.'];
  return { title, text, retry: error?.retryable === true || FAILURES[error?.code] === undefined };
}
