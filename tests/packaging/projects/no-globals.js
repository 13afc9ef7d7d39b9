// Server-side rendering somewhere poor: what a browser has, and much of what Node has, is not there.
for (const name of ['fetch', 'WebSocket', 'EventTarget', 'CustomEvent', 'navigator', 'WebAssembly', 'URL', 'AbortController', 'crypto', 'WeakRef', 'FinalizationRegistry', 'performance', 'sessionStorage']) {
  Object.defineProperty(globalThis, name, { value: undefined, configurable: true });
}
const before = Object.keys(globalThis);
const entry = await import('./node_modules/invite-keys/index.js');
await import('./node_modules/invite-keys/auto.js');
await import('./node_modules/invite-keys/service-worker.js');
const { invites, connect } = entry;
connect({ server: 'https://invites.example.com' }).close();
console.log(JSON.stringify({ pending: invites.pending, added: Object.keys(globalThis).filter((name) => !before.includes(name)) }));
