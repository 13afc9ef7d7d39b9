// Takes up the invite that the address bar brought. It imports nothing: the key is out of the address before any other
// file is asked for, and a page that brings no invite loads no more than this. The rest is in pending.js. See auto.d.ts.
const PENDING = 'invite-keys:pending'; // as in record.js, which must not be loaded yet
const MARK = 'invites_pending_'; // as in pending.js
const page = globalThis.document;

/** What a page may have forbidden: storage and cookies in a sandbox, an address that changes too often. */
const attempt = (action) => {
  try {
    return action();
  } catch {
    return undefined;
  }
};

const cut = (text, at) => {
  const index = text.indexOf(at);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
};

/** What storage did not take: it waits in this page alone. */
let unkept;

/** Takes one parameter out of a query or fragment, as head.js does; the rest stays byte for byte. */
function take(parameter, sign, part) {
  const found = new Set();
  const kept = part?.split('&').filter((pair) => {
    const [[name, value] = []] = new URLSearchParams(`&${pair}`); // else it would pass over a `?`
    const ours = name === parameter;
    if (ours) found.add(value);
    return !ours;
  });
  return { rest: kept?.length ? sign + kept.join('&') : '', found };
}

/** Whether the address brought an invite; it is out of there afterwards, and kept. */
function capture() {
  const [address, hash] = cut(location.href, '#');
  const [base, search] = cut(address, '?');
  const query = take('acceptInvite', '?', search);
  let fragment = take('acceptInvite', '#', hash);
  const keys = new Set([...query.found, ...fragment.found]);
  if (!keys.size) return false;
  const via = fragment.found.size ? 'fragment' : 'query';
  let resource;
  if (via === 'fragment' && fragment.rest) {
    fragment = take('resource', '#', fragment.rest.slice(1));
    if (fragment.found.size) resource = [...fragment.found].join(' ');
  }
  const continueUrl = base + query.rest + fragment.rest;
  attempt(() => history.replaceState(history.state, '', continueUrl));

  // Two different keys become one that cannot be: an error, not a guess.
  const record = { key: [...keys].join(' '), resource, capturedAt: new Date(), continueUrl, via };
  const keep = () => attempt(() => !sessionStorage.setItem(PENDING, JSON.stringify(record)));
  unkept = keep() ? undefined : record;
  // What a prerendering page stores is thrown away when it is shown.
  if (page.prerendering) page.addEventListener('prerenderingchange', keep, { once: true });
  return true;
}

let policy = page?.querySelector('script[data-policy]')?.dataset.policy;
export const setPolicy = (chosen) => {
  policy = chosen;
};

/** Whether something waits: in this page or tab, or, says the server's mark, in this browser. */
const waits = () => unkept || attempt(() => sessionStorage.getItem(PENDING)) || attempt(() => page.cookie.includes(MARK));

/** Milliseconds after which the rest of this is told not to have come. */
const PATIENCE = 10_000;

let late;

/** The rest of this, or a rejection; what comes later is gone on with then. */
function rest() {
  const coming = import('./pending.js');
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject();
      late ??= coming.then(queue, () => { late = undefined; });
    }, PATIENCE);
    coming.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function takeUp() {
  if (!waits()) return;
  try {
    const { takeUp } = await rest();
    const record = unkept;
    unkept = undefined;
    await takeUp(() => policy, record);
  } catch {
    page.dispatchEvent(new CustomEvent('inviterejected', { detail: { code: 'load_failed' } }));
  }
}

let turn = Promise.resolve();
const queue = () => (turn = turn.then(takeUp));

if (page) {
  capture();
  queue();
  // A link to this very page reloads nothing.
  addEventListener('hashchange', () => capture() && queue());
}
