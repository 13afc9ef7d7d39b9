// Calls over lines that die without a word: a proxy in between swallows bytes and closes nothing. In Node and in Chromium alike.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { connect } from '../../pkg/node.js';
import { signIn } from '../support/server.mjs';
import { startSwallowing } from '../support/swallowing.mjs';
import { stage } from './people.mjs';

const it = stage();
/** Of calls that must be answered, on a busy machine too. */
const LONG = { timeout: 20_000 };
/** Of calls that nobody can answer. */
const SHORT = { timeout: 5_000 };

/** Alice behind a proxy: `call` gives `{ value }` or `{ error }`, the code; `sockets` counts those that she opened. */
const ALICE = {
  async Node(t, options) {
    let sockets = 0;
    class Counted extends WebSocket {
      constructor(...all) {
        super(...all);
        sockets += 1;
      }
    }
    const invites = connect({ ...options, WebSocket: Counted });
    t.after(() => invites.close());
    return {
      call: (name, ...given) => invites[name](...given).then((value) => ({ value }), ({ code }) => ({ error: code })),
      sockets: () => sockets,
    };
  },
  async Chromium(t, options) {
    const page = await it.person('alice', { baseURL: options.server, bypassCSP: true, signedIn: false });
    t.after(() => page.context().close());
    let sockets = 0;
    page.on('websocket', () => { sockets += 1; });
    // Really the server's: from a page that a test made up Chromium opens no socket to loopback.
    await page.goto('/healthz');
    await page.evaluate(async (options) => {
      const { connect, ready } = await import('/sdk/index.js');
      await ready();
      window.invites = connect(options);
    }, options);
    const call = (name, ...given) => page.evaluate(([name, given]) => (
      invites[name](...given).then((value) => ({ value }), ({ code }) => ({ error: code }))), [name, given]);
    return { call, sockets: () => sockets };
  },
};

/** Alice's own: what she opens through the proxy has another origin than the server's, for which her cookie is. */
async function bearerFor(dialect, resource) {
  const { bearer } = await signIn(it.server.url, 'alice');
  if (dialect === 'http') return bearer;
  // A Webstrates server knows access tokens, not bearers.
  const headers = { Authorization: `Bearer ${bearer}` };
  const minted = await fetch(`${it.server.url}/${resource}/`, { method: 'POST', headers, body: new URLSearchParams({ token: '300' }) });
  return (await minted.json()).token;
}

const isAnswered = ({ value, error }) => assert.ok(value, `not answered: ${error}`);

for (const [where, alice] of Object.entries(ALICE)) {
  const scene = async (t, dialect) => {
    const resource = await it.resource();
    const proxy = await startSwallowing(t, it.server.url);
    const auth = { bearer: await bearerFor(dialect, resource) };
    return { proxy, ...await alice(t, { server: proxy.url, dialect, resource, auth }) };
  };

  test(`${where}: a WebSocket that goes silent costs no call its answer, and one socket more`, async (t) => {
    const { proxy, call, sockets } = await scene(t, 'webstrates');
    const made = await call('create', { permissions: 'r', maxAge: 3600 }, LONG);
    isAnswered(made);
    proxy.swallow();
    proxy.recover();
    for (let asked = 0; asked < 12; asked += 1) isAnswered(await (asked % 2 ? call('check', made.value.key, LONG) : call('get', LONG)));
    assert.equal(sockets(), 2);
  });

  test(`${where}: an upgrade that is never answered is given up for another`, async (t) => {
    const { proxy, call, sockets } = await scene(t, 'webstrates');
    const lost = proxy.swallow();
    const first = call('get', LONG);
    await lost;
    proxy.recover();
    isAnswered(await first);
    const opened = sockets();
    assert.ok(opened >= 2);
    for (let asked = 0; asked < 8; asked += 1) isAnswered(await call('get', LONG));
    assert.equal(sockets(), opened);
  });

  for (const [passing, lost] of [['nothing', 'that gets lost'], ['requests', 'whose answer gets lost'], ['heads', 'whose body stalls']]) {
    test(`${where}: a fetch ${lost} ends by its deadline, the next is answered, and no create is done twice`, async (t) => {
      const { proxy, call } = await scene(t, 'http');
      isAnswered(await call('create', { permissions: 'r' }, LONG));
      proxy.swallow(passing);
      assert.deepEqual(await call('get', SHORT), { error: 'timeout' });
      proxy.recover();
      isAnswered(await call('get', LONG));

      const once = { idempotencyKey: 'the-second' };
      proxy.swallow(passing);
      assert.deepEqual(await call('create', { permissions: 'rw' }, { ...SHORT, ...once }), { error: 'unknown_outcome' });
      proxy.recover();
      const found = await call('create', { permissions: 'rw' }, { ...LONG, ...once });
      isAnswered(found);
      const { value: all } = await call('get', LONG);
      assert.deepEqual(all.filter(({ permissions }) => permissions === 'rw').map(({ key }) => key), [found.value.key]);
      assert.equal(all.length, 2);
    });
  }
}
