// Reads a list page by page. Loaded with the first.
import { InviteError } from './index.js';

/** A list of more pages than this, or of so many in a row with nothing on them, is none; the core's `get` has the same numbers. */
const MOST_PAGES = 10_000;
const MOST_EMPTY = 100;
/** After so many the page has its turn: a `fetch` of its own may answer without one, and nothing else would happen on it. */
const MOST_AT_ONCE = 10;

/** What is on the pages under the name of `items`; the core's call `page` gives one. The first was asked for when it `began`. */
export async function* everyPage(server, began, page, items, filter, call) {
  const seen = new Set();
  for (let empty = 0, token; ; ) {
    const { [items]: found, next } = await (token ? server.send(page, filter, token, call) : server.sendSince(began, page, filter, token, call));
    if (!Array.isArray(found)) throw new InviteError('bad_response', "The server's list is none.");
    yield* found;
    if (!next) return;
    empty = found.length ? 0 : empty + 1;
    if (seen.has(next) || seen.size === MOST_PAGES || empty === MOST_EMPTY) {
      throw new InviteError('bad_response', "The server's list does not end.");
    }
    token = next;
    seen.add(token);
    if (seen.size % MOST_AT_ONCE === 0) await new Promise((resolve) => { setTimeout(resolve); });
  }
}
