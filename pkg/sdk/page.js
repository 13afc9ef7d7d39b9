// What the core asks of the page around it: locks among tabs, what pages remember together, and what fetch() threw.
import { lost } from './network.js';

/** The name of the lock under which something is accepted: it says nothing of a key that it is made of. */
export async function lockName(what) {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(what));
  return `invite-keys:${Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/**
 * Waits for the lock of what is named: `granted` resolves once it is there, or at once where there is no such thing.
 * `release` gives it back, or leaves the queue.
 */
function lock(what) {
  const stop = new AbortController();
  let release;
  const held = new Promise((resolve) => { release = resolve; });
  const granted = new Promise((resolve) => {
    const hold = () => {
      resolve();
      return held;
    };
    // Refused, as in a sandboxed frame: go on without.
    lockName(what).then((name) => navigator.locks.request(name, { signal: stop.signal }, hold)).catch(resolve);
  });
  return {
    granted,
    release() {
      stop.abort();
      release();
    },
  };
}

/** Where the memory is kept. It holds no keys. */
const MEMORY = 'invite-keys:gained';
let remembered;

/** What is remembered; a `text` takes its place. */
function gains(text) {
  remembered = text ?? remembered;
  try {
    if (text) localStorage.setItem(MEMORY, text);
    return localStorage.getItem(MEMORY) ?? remembered;
  } catch {
    return remembered; // blocked or full: then it is this page's alone
  }
}

// No name of these is one that core and glue share: those are shortened.
export const page = { lock, lost, gains };
