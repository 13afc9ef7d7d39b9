// node waiting.js: an invite that waits in this tab, and two servers.
const store = new Map();
globalThis.sessionStorage = { getItem: (key) => store.get(key) ?? null, setItem: (key, value) => store.set(key, value), removeItem: (key) => store.delete(key) };
const { configure, invites } = await import('invite-keys');

const KEY = 'inv1_OMUvgMnQHFYjTg1MPDEck1mquf66EY1dR9Mw';
const report = {};
let asked;
const json = (body, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const refuse = (code, status) => async (url, { body }) => {
  const { host, pathname } = new URL(url);
  if (String(body).includes(KEY)) asked.add(host);
  return pathname.endsWith('/me') ? json({ user: { username: 'them', provider: 'test' } }) : json({ code, detail: 'no' }, status);
};
const preview = { permissions: 'r', resource: 'notes', createdAt: '2026-01-01T00:00:00.000Z', expiresAt: null, createdBy: { username: 'a', provider: 'b' } };
const wait = () => {
  asked = new Set();
  store.set('invite-keys:pending', JSON.stringify({ key: KEY, resource: 'notes', capturedAt: new Date(), continueUrl: 'http://x.example/', via: 'fragment' }));
};
const server = (name, fetch) => configure({ server: `https://${name}.example`, dialect: 'http', fetch });
const code = (promise) => promise.catch((error) => error.code);

const none = refuse('invalid_key', 404);
wait();
server('a', none);
const moved = invites.acceptPending(() => true);
server('b', none);
report.moved = [await code(moved), [...asked]];

wait();
server('a', refuse('wrong_account', 403));
const wrong = invites.acceptPending(() => true).catch((error) => error);
server('b', async () => json({ user: { username: 'somebody else', provider: 'test' } }));
const { code: which, account } = await wrong;
report['wrong account'] = [which, [...asked], account?.username];

wait();
server('a', none);
const both = [code(invites.acceptPending(() => true))];
server('b', none);
both.push(code(invites.acceptPending(() => true)));
report['both servers'] = [await Promise.all(both), [...asked].sort()];

// Each server's question is put to those who asked it.
const known = async (url) => (url.endsWith('/me') ? json({ user: { username: 'me', provider: 'test' } }) : json(preview));
const who = [];
wait();
server('a', known);
const each = [invites.acceptPending(() => { who.push('a'); return false; })];
server('b', known);
each.push(invites.acceptPending(() => { who.push('b'); return false; }));
const answers = await Promise.all(each);
report['asked by each'] = [who.sort(), answers];

server('a', none);
const thrown = Object.assign(new Error('z'), { code: 'ENOENT' });
wait();
report['a signal that cannot be read'] = await code(invites.acceptPending(() => true, { get signal() { throw thrown; } }));
wait();
report['a signal that is none'] = await code(invites.acceptPending(() => true, { signal: 5 }));
wait();
const throws = () => { throw thrown; };
report['listeners that throw'] = await code(invites.acceptPending(() => true, { signal: { aborted: false, addEventListener: throws, removeEventListener: throws } }));
wait();
const named = await invites.acceptPending({ idempotencyKey: '\n' }).catch((error) => error);
report['call options in the place of the policy'] = [named.field, named.code];
wait();
server('a', known);
const policy = await invites.acceptPending(() => { throw thrown; }).catch((error) => error);
report['a policy that throws'] = policy.name === 'InviteError' && policy.code !== 'ENOENT' ? 'string' : policy.code;
wait();
const literal = await invites.acceptPending(true).catch((error) => error);
report['a policy that is true'] = [literal.code, literal.field];
console.log(JSON.stringify(report));
process.exit();
