// Times in the reader's own language, from Intl.

// A link just made for a day says "1 day", not "23 hours".
const GRACE = 30_000;
const UNITS = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000]];

function language() {
  return document.documentElement.lang || 'en';
}

/** "6 days", "2 hours", "1 minute": rounded down, so that a link hardly ever lives shorter than it says. */
export function duration(exactly) {
  const milliseconds = exactly + GRACE;
  const [unit, length] = UNITS.find(([, size]) => milliseconds >= size) ?? UNITS[UNITS.length - 1];
  const amount = Math.max(1, Math.floor(milliseconds / length));
  return new Intl.NumberFormat(language(), { style: 'unit', unit, unitDisplay: 'long' }).format(amount);
}

/** Milliseconds until an ISO date; `Infinity` where there is none. */
export function until(date, now = Date.now()) {
  return date ? Date.parse(date) - now : Infinity;
}

/** "Saturday, 28 November at 14:05". */
export function moment(date) {
  return new Intl.DateTimeFormat(language(), { dateStyle: 'full', timeStyle: 'short' }).format(new Date(date));
}

/** "Alice, Bob, and Carol". */
export function listOf(names) {
  return new Intl.ListFormat(language(), { type: 'conjunction' }).format(names);
}
