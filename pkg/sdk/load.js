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
/** So old, an attempt may have met a server that went silent: whoever comes then begins another beside it. */
const OLD = 10_000;

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
export function load(name, { began = now(), signal, timeout, stops, endless } = {}) {
  const aborted = isAborted(signal);
  let undo;
  const ended = new Promise((_, reject) => {
    const end = (...error) => reject(new InviteError(...error));
    const abort = () => end('aborted', 'The call was aborted.', { cause: reasonOf(signal) });
    const close = () => end('closed', CLOSED, { retryable: true });
    if (aborted) return abort();
    const left = (isTimeout(timeout) ? timeout : TIMEOUT) - now() + began;
    const timer = endless || setTimeout(end, left, 'timeout', `The part ${name} of invite-keys has not come in time.`, { retryable: true });
    const unlisten = listening(signal, abort);
    stops?.add(close);
    undo = () => {
      clearTimeout(timer);
      unlisten();
      stops?.delete(close);
    };
  });
  return Promise.race([ended, aborted || arriving(name)]).finally(undo);
}

export const ready = /* @__PURE__ */ method('ready', '', async (self) => {
  const error = standing(self);
  await Promise.all(Object.keys(parts).map((name) => load(name))).catch((thrown) => { throw error(thrown); });
});

function isAborted(signal) {
  try {
    return signal?.aborted === true;
  } catch {
    return false;
  }
}

/** What comes of the newest attempt; or of an earlier one, after all. */
async function arriving(name) {
  const state = (states[name] ??= {});
  if (!state.code && !(now() - state.began < OLD)) {
    const { coming: before } = state;
    const again = 'began' in state;
    state.began = now();
    const coming = (state.coming = new Promise((resolve, reject) => {
      before?.then(resolve, () => {});
      bring(name, again).then((code) => resolve(state.code = code), (error) => {
        if (state.coming === coming) state.began = state.coming = undefined;
        reject(error);
      });
    }));
  }
  return state.code ?? state.coming;
}

async function bring(name, again) {
  const { code, wasm } = parts[name];
  try {
    if (!wasm) return await code();
    const [glue, module] = await Promise.all([code(), compiled(wasm, again)]);
    glue.initSync({ module });
    return glue;
  } catch (cause) {
    if (cause instanceof InviteError) throw cause;
    throw failed(`The part ${name} of invite-keys did not load (bundlers: see its README); a browser may ask again only after a reload: ${cause}`, { cause });
  }
}

/** Compiles while it comes. Where that is refused, rescue.js has other means, or says why there are none. */
async function compiled(wasm, again) {
  let source;
  try {
    // What a cache has may be what was wrong. Without WebAssembly nothing is asked for.
    source = WebAssembly && await wasm(again ? { cache: 'reload' } : {});
    return await (source.arrayBuffer ? WebAssembly.compileStreaming(source) : source.buffer ? WebAssembly.compile(source) : source);
  } catch (cause) {
    const { rescue } = await Promise.resolve().then(parts.rescue.code).catch(() => { throw cause; });
    return rescue(source, cause);
  }
}
