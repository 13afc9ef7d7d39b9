// Locks among the tabs of a browser, so that they accept one after the other. Loaded with the first accept.

/** The name of the lock under which something is accepted: it says nothing of a key that it is made of. */
export async function lockName(what) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(what));
  return `invite-keys:${Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Resolves once the lock of what is named is there. It is given back, or its place in the queue, when the signal aborts. */
export async function hold(what, signal) {
  const name = await lockName(what);
  const ended = new Promise((resolve) => { signal.addEventListener('abort', resolve, { once: true }); });
  return new Promise((resolve, reject) => {
    const held = () => {
      resolve();
      return ended;
    };
    navigator.locks.request(name, { signal }, held).catch(reject);
  });
}
