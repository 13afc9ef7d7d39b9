// What a page or a caller hands over may be nonsense: each call settles truthfully, and nothing traps or goes uncaught.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from '../../pkg/node.js';

const KEY = '7'.repeat(64);
const uncaught = [];
const note = (error) => uncaught.push(error);
before(() => { for (const type of ['uncaughtException', 'unhandledRejection']) process.on(type, note); });
after(() => {
  for (const type of ['uncaughtException', 'unhandledRejection']) process.off(type, note);
  assert.deepEqual(uncaught, []);
});

const json = (body, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const WELL_KNOWN = { 'invite-keys': 1, dialect: 'http', features: [] };

/** A connection whose server is `answer(path, init)`. */
const over = (answer, more) => connect({
  server: 'https://invites.example', resource: 'doc', timeout: 3000,
  fetch: async (url, init) => (String(url).includes('/.well-known/') ? json(WELL_KNOWN) : answer(new URL(url).pathname, init)), ...more,
});
const failing = (promise) => promise.then((value) => assert.fail(`answered ${JSON.stringify(value)}`), (error) => error);
const thrown = (name, message, cause) => Object.assign(new Error(message, { cause }), { name });

test('a create whose own fetch fails after it began may have happened', async () => {
  const own = thrown('SomeError', 'socket hang up');
  const error = await failing(over(() => { throw own; }).create());
  assert.deepEqual([error.code, error.cause], ['unknown_outcome', own]);
});

test('an error of the caller\'s fetch is told, and no bug of theirs is called offline', async () => {
  const bug = new TypeError("Cannot read properties of undefined (reading 'fetch')");
  let asked = 0;
  const error = await failing(over(() => { asked += 1; throw bug; }).check(KEY));
  assert.deepEqual([error.code, error.field, error.cause, asked], ['invalid_option', 'fetch', bug, 1]);
});

for (const code of ['ECONNREFUSED', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT']) {
  test(`a create that cannot have left (${code}) is offline`, async () => {
    const error = await failing(over(() => { throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code }) }); }).create());
    assert.equal(error.code, 'offline');
  });
}

test('a create that may have left is unknown_outcome', async () => {
  const error = await failing(over(() => { throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) }); }).create());
  assert.equal(error.code, 'unknown_outcome');
});

test('inviteremoved is told of what was removed, and of nothing else', async () => {
  for (const deletedCount of [0, 1]) {
    const invites = over(() => json({ acknowledged: true, deletedCount }));
    let told = 0;
    invites.addEventListener('inviteremoved', () => { told += 1; });
    assert.equal((await invites.remove(KEY)).deletedCount, deletedCount);
    assert.equal(told, deletedCount);
  }
});

test('options that are none are refused before anything is sent', async () => {
  let asked = 0;
  const invites = over(() => { asked += 1; return json({}); });
  for (const options of [new Map([['permissions', 'a']]), new Date(), new Set(), new Proxy({}, { ownKeys() { throw new Error('no'); } })]) {
    assert.equal((await failing(invites.create(options))).code, 'invalid_option');
  }
  for (const feature of [42, true, '', {}, undefined]) {
    assert.equal((await failing(invites.supports(feature))).code, 'invalid_option', String(feature));
  }
  assert.equal(asked, 0);
});

test('a member called __proto__ is a member', async () => {
  let body;
  const invites = over((_, init) => { body = init.body; return json({ key: 'k', permissions: 'r', extras: JSON.parse('{"__proto__":{"x":1}}') }, 201); });
  const { extras } = await invites.create({ extras: JSON.parse('{"__proto__":{"x":1}}') });
  assert.match(body, /"__proto__":\{"x":1\}/);
  assert.deepEqual([Object.keys(extras), extras.x], [['__proto__'], undefined]);
});

for (const [what, headers] of Object.entries({ 'throw': { get() { throw new Error('no'); } }, 'are none': undefined, 'are a number': 7 })) {
  test(`headers that ${what}`, async () => {
    const error = await failing(over(() => ({ status: 200, headers, text: async () => '{}' })).get());
    assert.equal(error.code, 'bad_response');
  });
}

for (const name of ['Headers', 'clearTimeout']) {
  test(`a page whose ${name} throws`, async () => {
    const invites = over(() => json({ invites: [], next_page_token: '' }));
    await invites.get(); // the core is there
    const real = globalThis[name];
    globalThis[name] = function broken() { throw new Error('broken'); };
    try {
      const settled = await Promise.race([invites.get().then(() => 'answered', ({ code }) => code), new Promise((resolve) => { setTimeout(resolve, 10_000, 'hangs').unref(); })]);
      assert.ok(['answered', 'invalid_option'].includes(settled), settled);
    } finally {
      globalThis[name] = real;
    }
  });
}

test('a WebSocket that ends twice, and goes on afterwards', async () => {
  class Twice {
    constructor() {
      setTimeout(() => {
        for (let time = 0; time < 2; time += 1) {
          this.onclose({ code: 1006, reason: '' });
          this.onmessage({ data: '{"a":"init"}' });
          this.onerror(undefined);
        }
      });
    }
    send() {}
    close() {}
  }
  const invites = connect({ server: 'https://doc.example', dialect: 'webstrates', resource: 'doc', timeout: 1500, WebSocket: Twice });
  assert.match((await failing(invites.get())).code, /^(offline|timeout)$/);
  invites.close();
});
