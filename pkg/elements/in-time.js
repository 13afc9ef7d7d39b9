// What a file that never comes would hold up.

/** What a promise gives; a rejection once so many milliseconds are over. */
export function inTime(promise, milliseconds) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(reject, milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
