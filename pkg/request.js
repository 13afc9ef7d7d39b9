// Every request that the package's JavaScript makes goes through here. Those of calls are the core's.

/**
 * As `fetch`, by the caller's own where there is one. It ends with `init.signal` even where that `fetch` does not listen,
 * and lets go of an answer that comes after. What it throws becomes a rejection.
 */
export async function request(url, init, fetch = globalThis.fetch) {
  const signal = init?.signal;
  signal?.throwIfAborted();
  const answer = fetch(url, init);
  try {
    return await ending(answer, signal);
  } catch (error) {
    if (signal?.aborted) Promise.resolve(answer).then((late) => late.body?.cancel()).catch(() => {});
    throw error;
  }
}

/** What a promise gives, unless the signal, where there is one, ends the wait. No listener stays behind. */
export async function ending(promise, signal) {
  if (!signal) return promise;
  let unlisten;
  const ended = new Promise((_, reject) => {
    const end = () => reject(reasonOf(signal));
    if (signal.aborted) end();
    else unlisten = listening(signal, end);
  });
  try {
    return await Promise.race([promise, ended]);
  } finally {
    unlisten?.();
  }
}

/** Has `end` called when a signal of the page's aborts; gives what undoes that. One that throws is not heard. */
export function listening(signal, end) {
  const change = (name) => {
    try {
      signal?.[name]?.('abort', end);
    } catch {} // the page's own fault
  };
  change('addEventListener');
  return () => change('removeEventListener');
}

/** Why a signal was aborted. */
export function reasonOf(signal) {
  try {
    return signal.reason;
  } catch (thrown) {
    return thrown;
  }
}
