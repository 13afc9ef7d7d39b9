// node moment.js <server> <bearer> <other server> <other bearer> <resource>: calls belong to the server of their moment, and
// listeners that are still there hear again after close(). On the first server the resource has two invites, on the other one.
import { configure, connect, invites } from 'invite-keys';

const [server, bearer, elsewhere, otherBearer, resource] = process.argv.slice(2);
const code = (promise) => promise.then((answer) => answer?.length ?? 'answered', (error) => error.code);
const report = {};

/** A `fetch` that waits, and whether it was asked. */
function gated() {
  let open;
  let ask;
  const gate = new Promise((resolve) => { open = resolve; });
  const asked = new Promise((resolve) => { ask = resolve; });
  return { open, asked, fetch: async (...given) => { ask(); await gate; return fetch(...given); } };
}
const here = (more) => ({ server, dialect: 'http', auth: { bearer }, resource, ...more });
const there = (more) => ({ server: elsewhere, dialect: 'http', auth: { bearer: otherBearer }, resource, ...more });

// The core has not been loaded yet: a call of before still goes where it was meant to.
configure(here());
const first = code(invites.get());
configure(there());
report.beforeTheCore = [await first, await code(invites.get())];

const held = gated();
configure(here({ fetch: held.fetch }));
const underWay = code(invites.get());
await held.asked;
configure(there());
report.afterwards = await code(invites.get());
held.open();
report.underWay = await underWay;

configure(here());
const pages = invites.list({ pageSize: 1 });
const all = [(await pages.next()).value.resource];
configure(there());
for await (const invite of pages) all.push(invite.resource);
report.list = all.length;
report.listMadeBefore = await (async () => {
  configure(here());
  const list = invites.list();
  configure(there());
  const found = [];
  for await (const invite of list) found.push(invite);
  return found.length;
})();

// close() ends all that is under way, whatever server it is of.
const [one, two] = [gated(), gated()];
configure(here({ fetch: one.fetch }));
const ofBefore = code(invites.get());
await one.asked;
configure(there({ fetch: two.fetch }));
const ofNow = code(invites.get());
await two.asked;
invites.close();
report.closed = [await ofBefore, await ofNow];

// Somebody who still listens hears again, from the next call on.
configure(here());
const admin = connect(here());
const tell = () => new Promise((resolve) => invites.addEventListener('inviteremoved', ({ detail }) => resolve(detail.id), { once: true }));
const listens = () => {};
invites.addEventListener('inviteused', listens);
const hears = async () => {
  const heard = tell();
  // Until the stream is open an event would be missed: make and remove until one is heard.
  for (let done = false; !done;) {
    const { id } = await admin.create();
    await admin.remove({ id, resource });
    done = await Promise.race([heard.then(() => true), new Promise((resolve) => setTimeout(resolve, 100, false))]);
  }
  return typeof await heard;
};
report.heard = await hears();
invites.close();
await invites.get();
report.heardAgain = await hears();
invites.removeEventListener('inviteused', listens);
invites.close();
admin.close();
console.log(JSON.stringify(report));
process.exit();
