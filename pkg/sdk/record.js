// The invite that waits in this tab: the one place that reads, writes and forgets it. auto.js and head.js write the same
// record before anything else has loaded; a test holds the three together.
const PENDING = 'invite-keys:pending';
const FRESH = 15 * 60_000;

/** Where storage is blocked it waits in this page alone. */
let held;

/** A record as it is stored: `{ key, resource?, capturedAt, continueUrl, via, kept?, declined? }`. */
export function write(record) {
  const text = JSON.stringify(record);
  held = undefined;
  try {
    sessionStorage.setItem(PENDING, text);
  } catch {
    held = text;
  }
}

/** What waits, if it is fresh. */
export function read() {
  try {
    const record = JSON.parse(held ?? sessionStorage.getItem(PENDING));
    if (!record) return undefined;
    const age = Date.now() - Date.parse(record.capturedAt);
    if (typeof record.key === 'string' && Math.abs(age) < FRESH) return record;
    drop();
  } catch {} // no storage, or not ours
  return undefined;
}

/** Forgets this one, and not one that was captured meanwhile. */
export function forget(record) {
  if (waits(record)) drop();
}

/** Whether it is still this one that waits: another tab may have taken it up, another link its place. */
export const waits = (record) => read()?.capturedAt === record.capturedAt;

function drop() {
  held = undefined;
  try {
    sessionStorage.removeItem(PENDING);
  } catch {} // blocked: nothing is there
}
