// What others do with the invites of a resource, told while somebody listens for `inviteused`. Loaded by then.
// Where the server sends events, one tab of this origin reads them and passes them on to the others: a browser has few
// connections to one server. Where it does not, the core looks by itself.
import { InviteError, within } from './index.js';
import { ending, request } from './request.js';
import { eachEvent } from './stream.js';

const { mayBeTold } = within;

const MOST_BETWEEN = 30_000;
/** The server sends a sign of life every 15 seconds: of what is silent for so long nothing will come. */
const SILENCE = 45_000;
/** A stream that has lasted so long was no failure. */
const LASTED = 10_000;
/** Whoever may not watch is not asked to come back, but may be allowed to meanwhile. */
const REFUSED = 60_000;
/** So long the answer to a call of our own may come after its event. */
const OWN = 300;

const NAMES = new Map([['invite.created', 'invitecreated'], ['invite.used', 'inviteused'], ['invite.removed', 'inviteremoved'],
  ['invite.unmailed', 'inviteunmailed']]);
/** What a call of this connection tells by itself. */
const CALLED = ['invitecreated', 'inviteremoved'];

const watches = new WeakMap();

/**
 * `listener` has come or `gone`; without one, what is there starts again unless it still watches. `home` is the connection
 * from within. Gives what stops it.
 */
export function watch(invites, home, gone, type, listener, how) {
  const watch = watches.get(invites) ?? { listeners: [] };
  watches.set(invites, watch);
  const capture = how === true || Boolean(how?.capture);
  const known = watch.listeners.find((one) => one.listener === listener && one.capture === capture);
  if (gone) known?.leave();
  else if (listener && !known && !how?.signal?.aborted) join(watch, invites, { type, listener, capture, how });
  if (watch.listeners.length && (watch.stop?.signal.aborted ?? true)) {
    watch.stop = new AbortController();
    run(invites, home, watch.stop);
  }
  return () => watch.stop?.abort();
}

function join(watch, invites, { type, listener, capture, how }) {
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const one = { listener, capture, leave };
  function leave() {
    how?.signal?.removeEventListener('abort', leave);
    if (how?.once) removeEventListener.call(invites, type, leave);
    watch.listeners = watch.listeners.filter((each) => each !== one);
    if (!watch.listeners.length) watch.stop?.abort();
  }
  watch.listeners.push(one);
  how?.signal?.addEventListener('abort', leave);
  if (how?.once) addEventListener.call(invites, type, leave);
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}
const jittered = (milliseconds) => milliseconds * (0.5 + Math.random() / 2);
const between = (tries) => Math.min(MOST_BETWEEN, 500 * 2 ** tries);

/** Until it is stopped, or nobody is there to ask; what fails for good is asked again with the next call. */
async function run(invites, home, stop) {
  const { signal } = stop;
  for (let tries = 1; !signal.aborted; tries += 1) {
    try {
      const stream = await begin(home, signal);
      // There are no events, or the core has looked until now.
      if (!stream) return;
      await follow(invites, home, stream, signal);
    } catch (error) {
      if (!error?.retryable) break;
    }
    await pause(jittered(between(tries)), signal);
  }
  stop.abort();
}

/** Where nobody sends events the core may look by itself, for as long as it is let; elsewhere it only says where they are. */
async function begin(home, signal) {
  if (!await home.send('supports', 'events', { signal })) return home.send('watch', { signal });
  const line = lineOf(signal);
  try {
    return await ending(home.send('watch', { signal: line.signal }), line.signal);
  } catch (error) {
    throw line.signal.aborted ? new InviteError('timeout', 'Nothing was heard of the events.', { retryable: true }) : error;
  } finally {
    line.close();
  }
}

async function follow(invites, home, stream, signal) {
  const place = { last: undefined };
  const told = toldOnce(invites, home, stream.url, signal);
  let next = stream;
  const ask = async (ended) => {
    // Whose bearer it is may have changed since.
    const { url, headers, credentials } = next ?? await home.send('watch', { signal: ended });
    next = undefined;
    const all = place.last === undefined ? headers : { ...headers, 'last-event-id': place.last };
    return request(url, { headers: all, credentials, cache: 'no-store', signal: ended }, home.server.options?.fetch);
  };
  const alone = () => read(ask, place, told, signal);
  // Two bearers may be two people; the tabs of one origin have their cookies in common.
  if (stream.headers.authorization) return alone();
  const name = `invite-keys:events:${stream.url}`;
  let channel;
  let ours = false;
  try {
    channel = new BroadcastChannel(name);
    channel.onmessage = ({ data }) => {
      if (data?.event) told(data.event);
      if (data?.last) place.last = data.last;
      else if (place.last) channel.postMessage({ last: place.last });
    };
    const passOn = (event) => {
      told(event);
      channel.postMessage({ event, last: place.last });
    };
    channel.postMessage({}); // which place are you at? For when we take over
    await navigator.locks.request(name, { signal }, () => {
      ours = true;
      return read(ask, place, passOn, signal);
    });
  } catch {} finally { // stopped while another tab reads
    channel?.close();
  }
  // There is no such thing here, or not for a frame in a sandbox.
  if (!ours && !signal.aborted) await alone();
}

/** What ends with `signal`, or once it was silent for too long. */
function lineOf(signal) {
  const own = new AbortController();
  const end = () => own.abort();
  let timer;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(end, SILENCE);
  };
  signal.addEventListener('abort', end);
  heard();
  return {
    signal: own.signal,
    heard,
    close() {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      end();
    },
  };
}

/** Reads the stream, again and again, from where it was cut off. */
async function read(ask, place, tell, signal) {
  for (let tries = 0; !signal.aborted; tries += 1) {
    let least = 250;
    const begun = performance.now();
    const line = lineOf(signal);
    try {
      const answer = await ending(ask(line.signal), line.signal);
      if (answer.ok) await eachEvent(answer.body, line, place, tell);
      else if (answer.status === 422) place.last = undefined; // the server has forgotten what this was
      else if (answer.status < 500 && answer.status !== 429) least = REFUSED;
    } catch (error) { // offline; or it ended in the middle; or there is no bearer
      if (error?.retryable === false && error.code !== 'aborted') least = REFUSED;
    } finally {
      line.close();
    }
    if (performance.now() - begun > LASTED) tries = 0;
    await pause(jittered(Math.max(least, between(tries))), signal);
  }
}

const isText = (value) => typeof value === 'string';
const isPerson = ({ username, provider, displayName = '' }) => [username, provider, displayName].every(isText);

/** Whether all that listeners are told is what its type says, of this stream's resource, and no key. */
function isReadable({ invite, resource, user, at, uses = 0 }, url) {
  return isText(invite) && url.endsWith(`/resources/${resource}/events`) && user && isPerson(user) && isText(at) && !isNaN(Date.parse(at)) && uses >= 0
    && typeof uses === 'number' && mayBeTold({ invite, user });
}

/**
 * Turns the server's events into ours. What was made or removed by a call of this connection has been told by it; of what it
 * removed by a key alone nobody here knows the id, so that one removal of this person's counts for it.
 */
function toldOnce(invites, { emit, send }, url, signal) {
  const told = new Set();
  const unnamed = [];
  let me;
  for (const type of CALLED) {
    EventTarget.prototype.addEventListener.call(invites, type, ({ detail }) => {
      if (detail.id) return told.add(type + detail.id);
      me ??= send('identify', { signal }).catch(() => undefined);
      return unnamed.push(performance.now());
    }, { signal });
  }
  const isUnnamed = ({ username, provider }, who) => {
    while (performance.now() - unnamed[0] > SILENCE) unnamed.shift();
    return who?.username === username && who.provider === provider && Boolean(unnamed.shift());
  };
  return async (event) => {
    const { type, invite: id, resource, user, at, uses } = event;
    const name = NAMES.get(type);
    if (!name || !isReadable(event, url)) return; // of a newer server, or none
    if (CALLED.includes(name)) {
      await pause(OWN, signal);
      const who = await me;
      if (signal.aborted || told.has(name + id)) return;
      if (name === 'inviteremoved' && isUnnamed(user, who)) {
        told.add(name + id);
        return;
      }
    }
    try {
      emit(name, { id, resource, user, at, uses });
    } catch {} // a page that took the means away
  };
}
