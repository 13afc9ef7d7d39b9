// node moment-options.js: what is changed after a call was made, and before the core is there to read it.
import { configure, connect, invites } from 'invite-keys';

const seen = (asked) => async (url, init) => {
  asked.push({ host: new URL(url).host, authorization: new Headers(init.headers).get('authorization'), body: init.body });
  return new Response('{"invites":[]}', { headers: { 'content-type': 'application/json' } });
};
const report = {};
const begun = [];
/** Makes a call, changes something at once, and notes later what was asked for first. */
function begin(name, options, call, change, what) {
  const asked = [];
  const given = { server: 'https://a.example', dialect: 'http', resource: 'notes', fetch: seen(asked), ...options };
  const end = call(given).catch(() => {});
  change(given);
  begun.push(end.then(() => { report[name] = what(asked[0] ?? {}, asked); }));
}
const host = (asked) => asked.host;
const get = (given) => connect(given).get();
begin('connect', {}, get, (given) => { given.server = 'https://b.example'; }, host);
begin('auth', { auth: { bearer: 'mine' } }, get, (given) => { given.auth.bearer = 'theirs'; }, ({ authorization }) => authorization);
begin('url', { server: new URL('https://a.example') }, get, (given) => { given.server.host = 'b.example'; }, host);
begin('configure', {}, (given) => { configure(given); return invites.get(); }, (given) => { given.server = 'https://b.example'; }, host);
const options = { permissions: 'r' };
begin('create', {}, (given) => connect(given).create(options), () => { options.permissions = 'a'; }, (_, asked) => JSON.parse(asked.find(({ body }) => body).body).permissions);
const deep = { extras: { plan: { is: 'free' } } };
begin('extras', {}, (given) => connect(given).create(deep), () => { deep.extras.plan.is = 'gold'; }, (_, asked) => JSON.parse(asked.find(({ body }) => body).body).extras);
class Money {
  constructor(value) { this.value = value; }
  toJSON() { return `EUR ${this.value}`; }
}
const priced = { extras: { price: new Money(5), on: new Date(0) } };
begin('of a class', {}, (given) => connect(given).create(priced), () => { priced.extras.price.value = 6; }, (_, asked) => JSON.parse(asked.find(({ body }) => body).body).extras);
await Promise.all(begun);

const thrown = Object.assign(new Error('z'), { code: 'ENOENT' });
const getter = await connect({ server: 'https://a.example', dialect: 'http', get resource() { throw thrown; } }).get().catch((error) => error);
report['getter that throws'] = [getter.code, getter.field];
const proxy = new Proxy({}, { ownKeys() { throw thrown; }, get() { throw thrown; } });
report['Proxy that throws'] = await connect(proxy).get('notes').catch((error) => error.code);
console.log(JSON.stringify(report));
process.exit();
