// Every request that the package's JavaScript makes goes through here. Those of calls are the core's.

/** As `fetch`, by the caller's own where there is one. */
export async function request(url, init, fetch = globalThis.fetch) {
  return fetch(url, init);
}
