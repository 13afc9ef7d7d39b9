// The half of auto.js that may take its time: keeps the invite beyond this tab, accepts it by policy, and lets the other
// tabs know. Loaded only where an invite waits.
import { settled } from './accept.js';
import { invites, within } from './index.js';
import { lockName } from './locks.js';

const { forget, read, waits, write, homes } = within;

/** Begins the names of the cookies by which our server says that something waits; the key is in none that we can read. */
const MARK = 'invites_pending_';
const TRYING = { timeout: 3000 };

const home = homes.get(invites);

function tell(type, detail) {
  for (const target of [invites, document]) target.dispatchEvent(new CustomEvent(type, { detail }));
}

/** The core's, for our server's `/api/v1/pending`; nothing where there is no answer. */
const send = (...call) => home.send(...call).catch(() => null);

const markOf = ({ key }) => `${MARK}${key.slice(5, 13)}=`;
const marked = (one) => {
  try {
    return document.cookie.includes(markOf(one));
  } catch {
    return false; // a frame in a sandbox has none
  }
};

/** Goes on with what another tab of this browser captured, and drops what another tab finished a while ago. */
async function resume() {
  const record = read();
  if (record && (!record.kept || record.declined || marked(record))) return;
  const parked = await send('parked');
  if (!parked) return;
  if (record) {
    // Finished within the last minute, perhaps by this very tab before it was reloaded: the server answers once more.
    if (!parked.some(({ key }) => key === record.key)) forget(record);
    return;
  }
  const waiting = parked.find(marked);
  if (!waiting || read()) return;
  const { key, resource, continuePath = location.href } = waiting;
  write({ key, resource, capturedAt: new Date(), continueUrl: new URL(continuePath, location.href).href, via: 'fragment', kept: true });
}

/** Exchanges the key for our server's sealed cookie, which any tab can go on with for a day. */
async function exchange() {
  const record = read();
  if (!record || record.kept) return;
  const { pathname, search, hash } = new URL(record.continueUrl, location.href);
  const kept = await send('park', record.key, record.resource, pathname + search + hash, TRYING);
  if (!kept) return;
  // Where calls go by a bearer, without cookies, what stands in for the key means nothing.
  const works = await invites.preview(kept.key, TRYING).then(() => true, ({ code }) => code !== 'invalid_key');
  if (works && waits(record)) write({ ...read(), key: kept.key, kept: true });
  else await send('unpark', kept.key);
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
    const types = ['visibilitychange', 'prerenderingchange'];
    const look = () => {
      if (document.hidden || document.prerendering) return;
      for (const type of types) document.removeEventListener(type, look);
      resolve();
    };
    for (const type of types) document.addEventListener(type, look);
    look();
  });

/** The other tabs; nobody where there is no channel to them. */
const channel = (() => {
  try {
    return new BroadcastChannel('invite-keys');
  } catch {
    return undefined;
  }
})();
let relaying = false;

invites.addEventListener('inviteaccepted', async ({ detail }) => {
  const record = read();
  if (relaying || !record || !channel) return;
  const lock = await lockName(record.key).catch(() => undefined);
  if (lock) channel.postMessage({ lock, detail });
});

channel?.addEventListener('message', async ({ data }) => {
  const record = read();
  if (!record || !data?.lock || data.lock !== (await lockName(record.key).catch(() => undefined))) return;
  // If this tab is accepting, too, it is told by its own answer, and the record is gone then.
  await navigator.locks?.request(data.lock, () => {}).catch(() => {});
  await settled(home);
  if (!waits(record)) return;
  forget(record);
  relaying = true;
  tell('inviteaccepted', data.detail);
  relaying = false;
});

/** `unkept` is what auto.js captured and storage did not take. */
export async function takeUp(policy, unkept) {
  if (unkept) write(unkept);
  await resume();
  if (!invites.pending) return;
  tell('invitecaptured', invites.pending);
  if (framed()) return;
  if (policy() === 'off') return exchange();
  await shown();
  await exchange();
  // Not waited for: a person may think as long as they like, and open another link meanwhile.
  accept(read(), policy());
}

async function accept(record, policy) {
  // Who said no is not asked again by every page of this tab; the page's own button still works.
  if (!record || record.declined) return;
  try {
    if ((await invites.acceptPending(policy)) || !waits(record)) return;
    write({ ...read(), declined: true });
    // Nor by the pages of other tabs.
    if (record.kept) document.cookie = `${markOf(record)}; Max-Age=0; Path=/`;
  } catch {} // `inviterejected` has told why; what may still work is kept
}
