// What may stand in an error. A server that was sent a key may send it back, in whatever it says.

/** No word that a server says to people is so long: it is a key, a token, or one of them in another form. */
const LONG = /[\w%.~+=-]{32,}/g;
/** What looks like a key, or like one written for a URL. */
const KEY = /([\da-f]|%\w\w){64}|inv[st]?1?(_|%5f)[\w.%-]{20}/i;

/** Somebody else's words as they may be told. */
export const tellable = (words) => words.replace(LONG, '…').slice(0, 1000);

/** Whether what was thrown has no key in it. What cannot be read may have one. */
export function mayBeTold(thrown) {
  try {
    return !has(thrown, 3);
  } catch {
    return false;
  }
}

function has(thrown, deep) {
  if (typeof thrown === 'string') return KEY.test(thrown);
  if (!deep || typeof thrown !== 'object' || !thrown) return false;
  return ['message', ...Reflect.ownKeys(thrown).slice(0, 50)].some((name) => has(thrown[name], deep - 1));
}
