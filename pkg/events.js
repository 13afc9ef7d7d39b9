// What others do with the invites of a resource, told while somebody listens for `inviteused`. Loaded by then.
// Where the server sends events (dialect `http`), one tab of this origin reads them and passes them on to the others: a
// browser has few connections to one server. Where it does not, the core looks by itself.
const MOST_BETWEEN = 30_000;
/** The server sends a sign of life every 15 seconds. */
const SILENCE = 45_000;
/** Whoever may not watch is not asked to come back, but may be allowed to meanwhile. */
const REFUSED = 60_000;
/** So long the answer to a call of our own may come after its event. */
const OWN = 300;

const NAMES = { 'invite.created': 'invitecreated', 'invite.used': 'inviteused', 'invite.removed': 'inviteremoved' };

const watches = new WeakMap();

/**
 * `listener` has come or `gone`; without one, what is there starts again. `home` is the connection from within: its
 * `options`, how to `send` a call and `emit` an event. Gives what stops it.
 */
export function watch(invites, home, gone, type, listener, how) {
  const watch = watches.get(invites) ?? { listeners: [] };
  watches.set(invites, watch);
  const capture = how === true || Boolean(how?.capture);
  const without = () => watch.listeners.filter((one) => one.listener !== listener || one.capture !== capture);
  const leave = () => {
    watch.listeners = without();
    if (!watch.listeners.length) watch.stop?.abort();
  };
  if (gone) leave();
  else if (listener && !how?.signal?.aborted) {
    watch.listeners = [...without(), { listener, capture }];
    how?.signal?.addEventListener('abort', leave, { once: true });
    if (how?.once) EventTarget.prototype.addEventListener.call(invites, type, leave, { once: true });
  }
  if (watch.listeners.length && (watch.stop?.signal.aborted ?? true)) {
    watch.stop = new AbortController();
    run(invites, home, watch.stop.signal);
  }
  return () => watch.stop?.abort();
}

const pause = (milliseconds, signal) =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true });
  });
const jittered = (milliseconds) => milliseconds * (0.5 + Math.random() / 2);

/** Until it is stopped. */
async function run(invites, home, signal) {
  for (let tries = 0; !signal.aborted; tries += 1) {
    try {
      const source = await home.send('watch', { signal });
      // Nobody to ask: there are no events, or the core has looked until now.
      if (source) await follow(invites, home, source, signal);
      return;
    } catch (error) {
      if (!error?.retryable) return;
      await pause(jittered(Math.min(MOST_BETWEEN, 1000 * 2 ** tries)), signal);
    }
  }
}

async function follow(invites, home, source, signal) {
  const place = { last: undefined };
  const told = toldOnce(invites, home, signal);
  const ask = async () => {
    const { url, headers, credentials } = source ?? await home.send('watch', { signal });
    source = undefined; // a bearer may be another by the next time
    if (place.last !== undefined) headers['Last-Event-ID'] = place.last;
    return (home.options?.fetch ?? fetch)(url, { headers, credentials, cache: 'no-store', signal });
  };
  const { url, headers } = source;
  // Two bearers may be two people; the tabs of one origin have their cookies in common.
  if (headers.authorization || !globalThis.navigator?.locks || !globalThis.BroadcastChannel) return read(ask, place, told, signal);
  const name = `invite-keys:events:${url}`;
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data: { last, event } }) => {
    if (event) told(event);
    if (last) place.last = last;
    else if (place.last) channel.postMessage({ last: place.last });
  };
  const passOn = (event) => {
    told(event);
    channel.postMessage({ event, last: place.last });
  };
  channel.postMessage({}); // which place are you at? For when we take over
  try {
    await navigator.locks.request(name, { signal }, () => read(ask, place, passOn, signal));
  } catch {} finally { // stopped while another tab reads
    channel.close();
  }
}

/** Reads the stream, again and again, from where it was cut off. */
async function read(ask, place, tell, signal) {
  for (let tries = 0; !signal.aborted; tries += 1) {
    let least = 250;
    try {
      const answer = await ask();
      if (answer.ok) await eachEvent(answer, place, tell, signal, () => { tries = 0; });
      else if (answer.status === 422) place.last = undefined; // the server has forgotten what this was
      else if (answer.status < 500 && answer.status !== 429) least = REFUSED;
    } catch {} // offline; or it ended in the middle
    await pause(jittered(Math.max(least, Math.min(MOST_BETWEEN, 500 * 2 ** tries))), signal);
  }
}

async function eachEvent(answer, place, tell, signal, alive) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let silent;
  let text = '';
  try {
    for (;;) {
      silent = setTimeout(() => reader.cancel(), SILENCE);
      const { done, value } = await reader.read();
      clearTimeout(silent);
      if (done || signal.aborted) return;
      alive();
      const events = `${text}${value}`.replaceAll('\r\n', '\n').split('\n\n');
      text = events.pop();
      for (const event of events) {
        const fields = Object.fromEntries(event.split('\n').map((line) => /^(\w*): ?(.*)$/s.exec(line)?.slice(1) ?? []));
        if (fields.id) place.last = fields.id;
        if (fields.data) tell({ type: fields.event, ...JSON.parse(fields.data) });
      }
    }
  } finally {
    clearTimeout(silent);
    reader.cancel().catch(() => {});
  }
}

/** Turns the server's events into ours. What was made or removed by a call of this connection has been told by it. */
function toldOnce(invites, { emit }, signal) {
  const told = new Set();
  for (const type of ['invitecreated', 'inviteremoved']) {
    EventTarget.prototype.addEventListener.call(invites, type, ({ detail }) => told.add(type + detail.id), { signal });
  }
  return async ({ type, invite: id, resource, user, at, uses }) => {
    const name = NAMES[type];
    if (!name) return; // of a newer server
    if (name !== 'inviteused') {
      await pause(OWN, signal);
      if (signal.aborted || told.has(name + id)) return;
    }
    emit(name, { id, resource, user, at, uses });
  };
}
