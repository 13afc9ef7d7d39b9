// Every sentence the elements say. Danish and German come in languages.js, with the same names, when a page is in them.
import { inTime } from './in-time.js';
import { day, duration } from './time.js';

const en = {
  read: 'Read', readWrite: 'Read and write', write: 'Write', admin: 'Admin', none: 'No access',
  readMeans: 'Can see it', readWriteMeans: 'Can see and change it', adminMeans: 'Can also invite people',
  see: 'See what is in it', change: 'Change what is in it', invite: 'Invite other people and decide what they may do',
  forever: 'Does not expire', until: 'Until {}', soon: 'Less than a minute left', left: '{} left',
  unused: 'Not used yet', once: 'Used once', often: 'Used {} times', ofMax: '{} of {} uses', ofOne: '{} of 1 use',
  create: 'Create an invite', permissions: 'What may they do?', expiry: 'Link works for', maxUses: 'How many people?',
  maxUsesHint: 'Leave empty for any number', maxUsesWrong: 'How many people: a whole number from 1 to 10,000, or nothing.',
  submit: 'Create invite link', busy: 'Creating…', created: 'Invite link created.', sent: 'Invite created.',
  link: 'Invite link', ready: 'Whoever opens this link and signs in gets: {}.', copy: 'Copy link', copied: 'Copied',
  copiedAloud: 'Link copied.', byHand: 'The browser did not let us copy. The link is selected: copy it by hand.',
  share: 'Share…', qr: 'QR code', qrAbout: 'QR code of the invite link', qrFailed: 'The QR code could not be drawn. Check the connection, then press again.',
  open: 'Open invites', empty: 'No open invites. Create one above and send its link to somebody.', loading: 'Loading…', joined: '{} joined',
  unmailed: 'The mail to {} could not be delivered.', sendYourself: 'Copy the link and send it yourself.',
  stale: 'Not up to date: the server cannot be reached. Trying again…',
  revoke: 'Revoke', revokeAsk: 'Revoke this invite?', revokeText: 'The link stops working. People who already joined keep access.',
  revokeYes: 'Revoke invite', revokeNo: 'Keep it', revoked: 'Invite revoked. The link no longer works.',
  members: 'Who has access', you: 'you', joinedAloud: '{} is in: {}.', find: 'Find a person',
  firstOnly: 'The first {} people are shown.', nobody: 'Nobody is called that.',
  remove: 'Remove', removeWhom: 'Remove {}', removeAsk: 'Remove {}?', removeText: 'They lose access at once.',
  waysBack: 'These open links would let them back in:', noWayBack: 'No open link would let them back in.', andMore: 'and {} more',
  endLinks: 'End these links as well. People who joined by them keep access.', oneUse: '1 use left', usesLeft: '{} uses left',
  removeYes: 'Remove access', removeNo: 'Keep access', removedAloud: '{} has no access any more.',
  endedAloud: 'The links no longer work.', stillOpen: 'Links that would let them back in are still open.',
  activity: 'Recent activity', didJoin: '{} accepted: {}', didCreate: 'Invite created: {}', isRevoked: 'revoked',
  notAdmin: 'Only admins can invite people here.', retry: 'Try again',
  looking: 'Looking at your invite…', invites: '{} invites you to', somebody: 'Somebody',
  gain: 'What you would be able to do', gainMore: 'What you would be able to do in addition',
  nothing: 'You already have everything this invite gives.', account: 'You are signed in as', other: 'Use another account',
  accept: 'Accept', goOn: 'Continue', accepting: 'Accepting…', later: 'Not now', signIn: 'Sign in',
  signInFirst: 'Sign in to accept. Your invite waits for you.',
  in: 'You are in: {}', have: 'You now have: {}.', already: 'You already had this access, so nothing changed.',
  declined: 'Not now, then', declinedText: 'Nothing was accepted. Open the link again whenever you like.',
  wrong: ['Something went wrong', 'Try again in a moment.'],
  damaged: ['This link is damaged', 'Part of it seems to be missing. Copy the whole link again, or ask for a new one.'],
  unknown: ['This link does not work', 'It may have expired or been cancelled. Ask whoever sent it for a new one.'],
  over: ['This invite has expired', 'Ask whoever sent it for a new link.'],
  removed: ['This invite was cancelled', 'Whoever sent it has revoked it. Ask them for a new link.'],
  usedUp: ['This invite is used up', 'As many people as it was meant for have joined. Ask for a new link.'],
  inviter: ['This invite no longer counts', 'Whoever sent it may no longer give this access. Ask another admin for a link.'],
  notYours: ['This invite is for somebody else', 'Sign in with the account it was sent to.'],
  signedOut: ['You are not signed in', 'Sign in and try again.'],
  forbidden: ['This is not allowed', 'Ask an admin for access.'],
  lastAdmin: ['Nobody else is admin here', 'Make another person an admin first.'],
  full: ['That is as many as there can be', 'Revoke an invite you no longer need, then try again.'],
  gone: ['Already gone', 'This invite was revoked or has expired meanwhile.'],
  offline: ['You seem to be offline', 'Check the connection, then try again.'],
  slow: ['Not just now', 'Wait a moment, then try again.'],
  unsure: ['Not sure whether that worked', 'The answer was lost. Look at the list before trying again.'],
  nowhere: ['Invites do not work here', 'This address is not an invites server.'],
};

/** Which of the sentences tells what a code means; the others are `wrong`. */
const FAILURES = {
  malformed_key: 'damaged', invalid_key: 'unknown', expired: 'over', removed: 'removed', exhausted: 'usedUp', inviter_not_admin: 'inviter',
  wrong_account: 'notYours', not_signed_in: 'signedOut', not_admin: 'forbidden', forbidden: 'forbidden', last_admin: 'lastAdmin', limit_reached: 'full',
  cannot_remove: 'gone', offline: 'offline', closed: 'offline', load_failed: 'offline', timeout: 'slow', try_again: 'slow',
  rate_limited: 'slow', server_error: 'slow', unknown_outcome: 'unsure', not_invites_server: 'nowhere',
};

const TRANSLATED = ['da', 'de'];
/** Milliseconds for which an element says nothing, where its language has still to come. */
const PATIENCE = 5000;

/** In the language of the page around a node. One that we do not speak, or that does not come, becomes English. */
export async function wordsFor(node) {
  const asked = node.closest('[lang]')?.lang || 'en';
  const short = asked.slice(0, 2).toLowerCase();
  const other = TRANSLATED.includes(short) && await inTime(import('./languages.js'), PATIENCE).catch(() => null);
  return speak(other ? other[short] : en, other || short === 'en' ? asked : 'en');
}

function speak(words, lang) {
  const speaking = {
    ...words,
    lang,
    /** `fill(words.left, '2 days')` */
    fill: (text, ...values) => text.replace(/\{\}/g, () => values.shift()),

    /** "Read and write" for `rw`. */
    permissionName(letters = '') {
      const has = (letter) => letters.includes(letter);
      return words[has('a') ? 'admin' : has('w') ? (has('r') ? 'readWrite' : 'write') : has('r') ? 'read' : 'none'];
    },

    /** One sentence per letter, in the order people think of them. */
    abilities: (letters = '') => [['r', 'see'], ['w', 'change'], ['a', 'invite']].filter(([letter]) => letters.includes(letter)).map(([, name]) => words[name]),

    /** Of milliseconds until the `date`. It is asked of open invites alone: the server says which are. */
    timeLeft(left, date) {
      if (left === Infinity) return words.forever;
      if (Number.isNaN(left)) return speaking.fill(words.until, day(date, lang));
      return left < 60_000 ? words.soon : speaking.fill(words.left, duration(left, lang));
    },

    uses({ uses: used, maxUses }) {
      if (used === undefined) return '';
      if (maxUses) return speaking.fill(maxUses === 1 ? words.ofOne : words.ofMax, used, maxUses);
      return used < 2 ? words[used ? 'once' : 'unused'] : speaking.fill(words.often, used);
    },

    /** Of a link that lets in only so many more. */
    usesLeft: (left) => left && (left === 1 ? words.oneUse : speaking.fill(words.usesLeft, left)),

    /** What to tell a person about an error. A code we do not know is told in the error's own words. */
    failure(error) {
      const [title, text] = words[FAILURES[error?.code] ?? 'wrong'];
      const known = error?.code in FAILURES;
      return { title, text: known ? text : error?.message || text, retry: error?.retryable === true || (!known && error?.code !== 'invalid_option') };
    },
  };
  return speaking;
}
