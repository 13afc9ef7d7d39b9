// Times in the reader's own language, from Intl.

// A link just made for a day says "1 day", not "23 hours".
const GRACE = 30_000;
// So far apart clocks may be that are right.
const SLACK = 60_000;
const UNITS = [['day', 86_400_000], ['hour', 3_600_000], ['minute', 60_000]];

const unitOf = (milliseconds) => UNITS.find(([, size]) => milliseconds >= size);

/** "6 days", "2 hours", "1 minute": rounded down, so that a link hardly ever lives shorter than it says. */
export function duration(exactly, lang) {
  const milliseconds = exactly + GRACE;
  const [unit, length] = unitOf(milliseconds) ?? UNITS[2];
  const amount = Math.max(1, Math.floor(milliseconds / length));
  return new Intl.NumberFormat(lang, { style: 'unit', unit, unitDisplay: 'long' }).format(amount);
}

/**
 * The server's clock, for the browser's may be wrong: an invite of whom it says both when and in how many seconds it
 * expires gives the time away. Until one has come the browser's counts, unless it contradicts the server: what the server
 * calls open has been made already and has not expired. Then nobody knows how late it is.
 */
export function serverClock() {
  let ahead;
  let isWrong = false;
  const now = () => (ahead !== undefined ? performance.now() + ahead : isWrong ? NaN : Date.now());
  return {
    /** What has just arrived. */
    learn(invites) {
      const told = invites.find(({ expiresAt, expiresIn }) => expiresAt && expiresIn > 0);
      if (told) ahead = Date.parse(told.expiresAt) - told.expiresIn * 1000 - performance.now();
      const earliest = Date.now() - SLACK;
      const latest = Date.now() + SLACK;
      isWrong ||= invites.some(({ status, createdAt, expiresAt }) => Date.parse(createdAt) > latest
        || (status === 'pending' && expiresAt && Date.parse(expiresAt) < earliest));
    },
    /** Milliseconds until an ISO date; `Infinity` where there is none, `NaN` where nobody knows. */
    until: (date) => (date ? Date.parse(date) - now() : Infinity),
  };
}

/** "2 hours ago", "yesterday", "now"; the date itself where nobody knows how long. */
export function ago(milliseconds, date, lang) {
  if (Number.isNaN(milliseconds)) return day(date, lang);
  const past = Math.max(0, milliseconds);
  const [unit, length] = unitOf(past) ?? ['second', Infinity];
  return new Intl.RelativeTimeFormat(lang, { numeric: 'auto' }).format(-Math.floor(past / length), unit);
}

/** "28 Nov 2026, 14:05" */
export function day(date, lang) {
  return new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(date));
}

/** "Saturday, 28 November at 14:05". */
export function moment(date, lang) {
  return new Intl.DateTimeFormat(lang, { dateStyle: 'full', timeStyle: 'short' }).format(new Date(date));
}

/** "Alice, Bob, and Carol". */
export function listOf(names, lang) {
  return new Intl.ListFormat(lang, { type: 'conjunction' }).format(names);
}
