// node --expose-gc collected.js <server> <bearer> <resource>: how many of 300 handles that nobody holds are collected.
import { connect } from 'invite-keys';

const [server, bearer, resource] = process.argv.slice(2);
const HANDLES = 300;
let collected = 0;
const registry = new FinalizationRegistry(() => { collected += 1; });

/** What each was given may hold it, as in a class that has both. */
const held = [
  () => ({ auth: { bearer } }),
  (self) => ({ auth: { bearer: () => self.handle && bearer } }),
  (self) => ({ auth: { bearer }, fetch: (...args) => self.handle && fetch(...args) }),
  (self) => ({ auth: { bearer }, WebSocket: class { self = self; } }),
];

/** One that made a call, heard of it, and is forgotten. */
async function use(number) {
  const self = {};
  const handle = connect({ server, dialect: 'http', resource, ...held[Math.floor(number / 3) % held.length](self) });
  self.handle = handle;
  registry.register(handle, number);
  let heard = 0;
  if (number % 3 === 0) handle.addEventListener('invitecreated', () => { heard += 1; });
  if (number % 3 === 0) await handle.create();
  else if (number % 3 === 1) await handle.get();
  else for await (const invite of handle.list({ pageSize: 1 })) if (invite) break;
  return heard;
}

let heard = 0;
for (let number = 0; number < HANDLES; number += 10) {
  const some = await Promise.all(Array.from({ length: 10 }, (_, at) => use(number + at)));
  for (const each of some) heard += each;
}

/** A call that nobody but its promise knows of must not lose its handle while it is under way. */
const orphan = (() => {
  const handle = connect({ server, dialect: 'http', auth: { bearer }, resource });
  const told = new Promise((resolve) => handle.addEventListener('invitecreated', ({ detail }) => resolve(detail.resource), { once: true }));
  return Promise.all([handle.create(), told]);
})();
gc();
const [, told] = await orphan;

// What is finalized is told of in a task of its own; a few rounds, for wasm-bindgen's own registry comes first.
for (let round = 0; round < 50 && collected < HANDLES - 5; round += 1) {
  gc();
  await new Promise((resolve) => setTimeout(resolve, 10));
}
console.log(JSON.stringify({ heard, told: told === resource, nearlyAll: collected >= HANDLES - 5, collected }));
