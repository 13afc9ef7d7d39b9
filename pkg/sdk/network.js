// What browsers, Node and their like throw for a connection that is not to be had, and nobody for anything else.

/** How Chromium, Node, Firefox and Safari begin to say so, of a connection and of a body that broke off. */
const SENTENCE = /^(Failed to fetch|fetch failed|NetworkError|Load failed|The (network|Internet)|network error|terminated|Error in (body|input) stream)/;
const NAME = /^(AbortError|TimeoutError|NetworkError|FetchError)$/;
/** What Node says of a connection that never was; and whatever speaks of a certificate. */
const UNSENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ENETDOWN|ERR_INVALID_URL|UND_ERR_CONNECT_TIMEOUT)$|CERT/;

/** `true` where nothing can have left, `false` where something may have; nothing where it is another sort of error. */
export function lost(thrown) {
  try {
    const { name, message, cause } = thrown;
    if (UNSENT.test(cause?.code)) return true;
    if (name === 'TypeError' ? SENTENCE.test(message) : NAME.test(name)) return false;
  } catch {} // of the page's own making
  return undefined;
}
