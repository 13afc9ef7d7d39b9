// Loads a part when it is first needed, within the deadline of the call that needs it.
import { InviteError, failed, standing } from './error.js';
import { method } from './method.js';
import { listening, reasonOf } from '../request.js';
import { parts } from './parts.js';

/** Milliseconds that a call has where nobody says; the core has the same. */
const TIMEOUT = 10_000;
/** What a timer can count to. */
const MAX_TIMEOUT = 2 ** 31 - 1;
/** What close() says. */
export const CLOSED = 'This connection was closed.';

export const now = () => globalThis.performance?.now() ?? Date.now();

const states = {};

/** The part, if it is there. */
export const loaded = (name) => states[name]?.code;

/** Whether a deadline can be counted to. */
export const isTimeout = (value) => typeof value === 'number' && value > 0 && value <= MAX_TIMEOUT;

/**
 * The part. `began` says when the call was made; `stops` is a set of what ends calls under way; what is `endless` has no
 * deadline. Wrong options count as left out: the core says what is wrong with them.
 */
export async function load(name, { began = now(), signal, timeout, stops, endless } = {}) {
  const aborted = () => new InviteError('aborted', 'The call was aborted.', { cause: reasonOf(signal) });
  if (isAborted(signal)) throw aborted();
  const left = (isTimeout(timeout) ? timeout : TIMEOUT) - now() + began;
  // Half of its time a call leaves to what others have begun, and waits no longer for it than it has to for a slow one.
  const patience = Math.min(Math.max(left / 2, 2_000), 10_000);
  let end;
  const ended = new Promise((_, reject) => { end = reject; });
  const abort = () => end(aborted());
  const close = () => end(new InviteError('closed', CLOSED, { retryable: true }));
  const late = () => end(states[name]?.failed ?? new InviteError('timeout', `The part ${name} of invite-keys has not come in time.`, { retryable: true }));
  let next;
  const come = () => {
    next = timer(come, patience);
    return arriving(name, patience);
  };
  const unlisten = listening(signal, abort);
  stops?.add(close);
  let deadline;
  try {
    deadline = endless || timer(late, left);
    return await Promise.race([ended, come()]);
  } finally {
    clear(deadline);
    clear(next);
    unlisten();
    stops?.delete(close);
  }
}

export const ready = /* @__PURE__ */ method('ready', '', async (self) => {
  const error = standing(self);
  await Promise.all(Object.keys(parts).map((name) => load(name))).catch((thrown) => { throw error(thrown); });
});

/** Throws where a page has no timers: no call would end by its deadline. */
export const needTimers = () => clear(timer(() => {}));

function timer(...how) {
  try {
    return setTimeout(...how);
  } catch (cause) {
    throw failed('The setTimeout() of this page does not work: calls could not end by their deadlines.', { cause, retryable: false });
  }
}

function clear(timer) {
  try {
    clearTimeout(timer);
  } catch {} // it comes to nothing
}

function isAborted(signal) {
  try {
    return signal?.aborted === true;
  } catch {
    return false;
  }
}

/**
 * What comes first of all that was begun. Begins another attempt where nothing was heard of the last one for so long: it may
 * have met a server that went silent.
 */
function arriving(name, patience) {
  const state = (states[name] ??= { open: 0 });
  if (!state.code && !(state.open && now() - state.heard < patience)) {
    const again = 'heard' in state;
    if (!state.open) state.failed = undefined;
    const heard = () => { state.heard = now(); };
    heard();
    if (!state.open) state.coming = new Promise((...ends) => { state.ends = ends; });
    state.open += 1;
    const [resolve, reject] = state.ends;
    bring(name, again, heard).then((code) => resolve(state.code = code), (error) => {
      state.open -= 1;
      // Another may still come. Whoever waits for it in vain is told this, and whoever comes begins one more.
      state.failed = error;
      state.heard = -Infinity;
      if (!state.open) reject(error);
    });
  }
  return state.code ?? state.coming;
}

async function bring(name, again, heard) {
  const { code, wasm } = parts[name];
  try {
    if (!wasm) return await code();
    const [glue, module] = await Promise.all([code(), compiled(wasm, again, heard)]);
    // Of two builds the one may call another function by the same name.
    if (!WebAssembly.Module.customSections(module, glue.build).length) {
      const file = name === 'core' ? 'index' : `wasm/${name}`;
      throw failed(`${file}.js and wasm/${name}_bg.wasm are of two builds of invite-keys: deploy both of one.`);
    }
    glue.initSync({ module });
    return glue;
  } catch (cause) {
    if (cause instanceof InviteError) throw cause;
    throw failed(`The part ${name} of invite-keys did not load (bundlers: see its README); a browser may ask again only after a reload: ${words(cause)}`, { cause });
  }
}

/** What was thrown, in words; not everything has any. */
function words(thrown) {
  try {
    return String(thrown);
  } catch {
    return typeof thrown;
  }
}

/** Compiles while it comes. Where that is refused, rescue.js has other means, or says why there are none. */
async function compiled(wasm, again, heard) {
  let source;
  try {
    // What a cache has may be what was wrong. Without WebAssembly nothing is asked for.
    source = WebAssembly && await wasm(again ? { cache: 'reload' } : {});
    heard();
    return await (source.arrayBuffer ? WebAssembly.compileStreaming(source) : source.buffer ? WebAssembly.compile(source) : source);
  } catch (cause) {
    const { rescue } = await Promise.resolve().then(parts.rescue.code).catch(() => { throw cause; });
    return rescue(source, cause);
  }
}
