// What the core asks of the page around it: locks among tabs, what pages remember together, and what fetch() threw.
import { load } from './load.js';
import { lost } from './network.js';

/**
 * Waits for the lock of what is named: `granted` resolves once it is there, or at once where there is no such thing.
 * `release` gives it back, or leaves the queue.
 */
function lock(what) {
  const stop = new AbortController();
  const { signal } = stop;
  // Refused, as in a sandboxed frame, or not there: go on without.
  const granted = load('locks', { signal }).then(({ hold }) => hold(what, signal)).catch(() => {});
  return { granted, release: () => stop.abort() };
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
