// node handle.js <server> <bearer> <resource>: what index.js itself does around the core, told as JSON.
import { InviteError, buildLinkSync, configure, connect, invites, isInviteError, parseLinkSync, ready } from 'invite-keys';

const [server, bearer, resource] = process.argv.slice(2);
const options = { server, auth: { bearer }, resource, dialect: 'http' };
const code = (promise) => promise.then(() => 'answered', (error) => (isInviteError(error) ? error.code : String(error)));
const report = {};

const first = connect(options);
const told = [];
for (const type of ['invitecreated', 'inviteremoved']) first.addEventListener(type, ({ detail }) => told.push([type, Object.keys(detail)]));
const made = [await first.create(), await first.create({ permissions: 'rw' }), await first.create({ label: 'third' })];
report.listed = (await collect(first.list({ pageSize: 1 }))).length;
await first.remove(made[0]);
report.told = told;
report.keysTold = made.some(({ key }) => JSON.stringify(told).includes(key));

const underWay = code(first.get());
await new Promise(setImmediate); // it has been sent
first.close();
report.underWay = await underWay;
report.closed = await code(first.get());

configure(options);
report.configured = (await invites.get()).length;
invites.close();
report.reopened = (await invites.get()).length;
configure({ ...options, auth: { bearer: 'nobody' } });
report.reconfigured = await code(invites.get());

const aborted = await first.check('x').catch((error) => error);
report.error = [aborted instanceof InviteError, aborted instanceof Error, aborted.name, Object.keys(aborted).includes('code')];
const another = await import('./node_modules/invite-keys/index.js?another-copy');
report.anotherCopy = await another.connect({ server }).check('x').catch((error) => [error instanceof InviteError, isInviteError(error)]);

const controller = new AbortController();
const reason = new Error('changed my mind');
const stopped = connect(options).get(undefined, { signal: controller.signal }).catch((error) => [error.code, error.cause === reason]);
controller.abort(reason);
report.stopped = await stopped;

try {
  invites.install();
} catch (error) {
  report.install = error.code;
}
globalThis.webstrate = { user: {} };
invites.install();
report.installed = webstrate.user.invites === invites;

await ready();
const link = `https://example.org/page?a=1#acceptInvite=${made[1].key}&resource=${resource}`;
report.roundTrip = buildLinkSync(parseLinkSync(link)) === link;
report.dispose = Symbol.dispose ? typeof invites[Symbol.dispose] : 'function';
invites.close();
console.log(JSON.stringify(report));

async function collect(iterable) {
  const all = [];
  for await (const each of iterable) all.push(each);
  return all;
}
