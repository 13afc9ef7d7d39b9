// The half of auto.js that may take its time: keeps the invite beyond this tab, accepts it by policy, and lets the other
// tabs know. Loaded only where an invite waits.
import { invites } from './index.js';

const PENDING = 'invite-keys:pending';
/** Begins the names of the cookies by which our server says that something waits; the key is in none that we can read. */
const MARK = 'invites_pending_';
const TRYING = { timeout: 3000 };

const read = () => {
  try {
    return JSON.parse(sessionStorage.getItem(PENDING));
  } catch {
    return null; // storage is blocked
  }
};
const write = (record) => sessionStorage.setItem(PENDING, JSON.stringify(record));

function tell(type, detail) {
  for (const target of [invites, document]) target.dispatchEvent(new CustomEvent(type, { detail }));
}

/** Our server's `/api/v1/pending`; nothing where there is no such thing. */
async function ask(method, body) {
  try {
    const answer = await fetch('/api/v1/pending', {
      method, cache: 'no-store', headers: body ? { 'Content-Type': 'application/json' } : {}, body: body && JSON.stringify(body),
    });
    return answer.ok ? await answer.json() : undefined;
  } catch {} // offline, or not JSON
}

const markOf = ({ key }) => `${MARK}${key.slice(5, 13)}=`;
const marked = (one) => document.cookie.includes(markOf(one));

/** Goes on with what another tab of this browser captured, and drops what another tab finished a while ago. */
async function resume() {
  const record = read();
  if (record && (!record.kept || record.declined || marked(record))) return;
  const { pending = [] } = (await ask('GET')) ?? {};
  if (record) {
    // Finished within the last minute, perhaps by this very tab before it was reloaded: the server answers once more.
    if (!pending.some(({ key }) => key === record.key)) sessionStorage.removeItem(PENDING);
    return;
  }
  const waiting = pending.find(marked);
  if (!waiting || read()) return;
  const { key, resource, continuePath = location.href } = waiting;
  write({ key, resource, capturedAt: new Date(), continueUrl: new URL(continuePath, location.href).href, via: 'fragment', kept: true });
}

/** Exchanges the key for our server's sealed cookie, which any tab can go on with for a day. */
async function exchange() {
  const record = read();
  const elsewhere = document.querySelector('meta[name="invite-keys"]')?.content;
  if (!record || record.kept || (elsewhere && new URL(elsewhere, location.href).origin !== location.origin)) return;
  if (!(await invites.supports('pending').catch(() => false))) return;
  // What is no key has no link either, and goes nowhere.
  if (!(await invites.link(record.key, { page: location.origin }).catch(() => null))) return;
  const { pathname, search, hash } = new URL(record.continueUrl, location.href);
  const kept = await ask('POST', { key: record.key, resource: record.resource, continuePath: pathname + search + hash });
  if (!kept) return;
  // Where calls go without cookies, by a bearer or to another server, what stands in for the key means nothing.
  const works = await invites.preview(kept.key, TRYING).then(() => true, ({ code }) => code !== 'invalid_key');
  const now = read();
  if (works && now?.capturedAt === record.capturedAt) write({ ...now, key: kept.key, kept: true });
  else await ask('DELETE', { key: kept.key });
}

/** Whether a page of another origin shows this one. */
function framed() {
  try {
    for (let frame = window; frame !== frame.parent; frame = frame.parent) {
      if (frame.parent.location.origin !== location.origin) return true;
    }
    return false;
  } catch {
    return true;
  }
}

const shown = () =>
  new Promise((resolve) => {
    const look = () => !document.hidden && !document.prerendering && resolve();
    document.addEventListener('visibilitychange', look);
    document.addEventListener('prerenderingchange', look);
    look();
  });

/** The name of the lock under which this key is accepted; nothing where there is no cryptography. */
async function lockOf(key) {
  const digest = await globalThis.crypto?.subtle?.digest('SHA-256', new TextEncoder().encode(key));
  return digest && `invite-keys:${Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

const channel = globalThis.BroadcastChannel && new BroadcastChannel('invite-keys');
let relaying = false;
let accepting;

invites.addEventListener('inviteaccepted', async ({ detail }) => {
  const { key } = read() ?? {};
  if (relaying || !key || !channel) return;
  const lock = await lockOf(key);
  if (lock) channel.postMessage({ lock, detail });
});

channel?.addEventListener('message', async ({ data: { lock, detail } }) => {
  const { key, capturedAt } = read() ?? {};
  if (!key || lock !== (await lockOf(key))) return;
  // If this tab is accepting, too, it is told by its own answer, and the record is gone then.
  await navigator.locks?.request(lock, () => {});
  await accepting?.catch(() => {});
  if (read()?.capturedAt !== capturedAt) return;
  sessionStorage.removeItem(PENDING);
  relaying = true;
  tell('inviteaccepted', detail);
  relaying = false;
});

export async function takeUp(policy) {
  await resume();
  if (!invites.pending) return;
  tell('invitecaptured', invites.pending);
  if (framed()) return;
  if (policy() === 'off') return exchange();
  await shown();
  await exchange();
  // Who said no is not asked again by every page of this tab; the page's own button still works.
  if (!invites.pending || read().declined) return;
  try {
    accepting = invites.acceptPending(policy());
    if ((await accepting) || !read()) return;
    const record = { ...read(), declined: true };
    write(record);
    // Nor by the pages of other tabs.
    if (record.kept) document.cookie = `${markOf(record)}; Max-Age=0; Path=/`;
  } catch {} // `inviterejected` has told why; what may still work is kept
}
