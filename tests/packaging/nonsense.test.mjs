// What a page or a caller hands over may be nonsense: each call settles truthfully, and nothing traps or goes uncaught.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { connect, isInviteError } from '../../pkg/node.js';

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
const over = (answer, { features = [], ...more } = {}) => connect({
  server: 'https://invites.example', resource: 'doc', timeout: 3000,
  fetch: async (url, init) => (String(url).includes('/.well-known/') ? json({ ...WELL_KNOWN, features }) : answer(new URL(url).pathname, init)), ...more,
});
/** All that a list gives. */
async function listed(list) {
  const all = [];
  for await (const each of list) all.push(each);
  return all;
}
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

const OK = new Headers({ 'content-type': 'application/json' });
for (const [what, answer] of Object.entries({
  'is null': null, 'is a text': '{}', 'has nothing': {}, 'is a proxy that throws': new Proxy({}, { get(_, name) { if (name === 'then') return undefined; throw new Error('mine'); } }),
  'has headers that throw': { status: 200, headers: { get() { throw new Error('mine'); } }, text: async () => '{}' },
  'has no headers': { status: 200, text: async () => '{}' }, 'has a number for headers': { status: 200, headers: 7, text: async () => '{}' },
  'has a status that is a text': { status: '200', headers: OK, text: async () => '{}' }, 'has no text()': { status: 200, headers: OK, json: async () => ({}) },
  'has a text() that throws': { status: 200, headers: OK, text() { throw new Error('mine'); } },
  'has a text() that rejects': { status: 200, headers: OK, text: async () => { throw new Error('mine'); } },
  'has a text() that gives a number': { status: 200, headers: OK, text: async () => 5 },
})) {
  test(`a fetch whose answer ${what} is told at once`, async () => {
    let asked = 0;
    const error = await failing(over(() => { asked += 1; return answer; }).get());
    assert.deepEqual([error.code, error.field, asked], ['invalid_option', 'fetch', 1]);
    assert.match(error.message, /fetch\(\)/);
    const create = await failing(over(() => answer).create());
    assert.equal(create.code, 'unknown_outcome', 'it may have left');
  });
}

for (const [what, thrown] of Object.entries({
  Chromium: new TypeError('network error'), Node: new TypeError('terminated'), Firefox: new TypeError('Error in input stream'), Safari: new TypeError('Load failed'),
})) {
  test(`a body that breaks off, as in ${what}, is a lost connection`, async () => {
    let asked = 0;
    const text = async () => { throw thrown; };
    const error = await failing(over(() => { asked += 1; return { status: 200, headers: OK, text }; }, { timeout: 10_000 }).get());
    assert.deepEqual([error.code, error.cause, asked], ['offline', thrown, 6]);
  });
}

test('a literal `true` is no function, no signal and no token', async () => {
  let asked = 0;
  const fetch = () => { asked += 1; return json({ invites: [] }); };
  const at = (options) => connect({ server: 'https://invites.example', resource: 'doc', dialect: 'http', fetch, ...options });
  for (const value of [true, Object(true), { toJSON: () => true }]) {
    for (const [field, options] of Object.entries({ fetch: { fetch: value }, WebSocket: { WebSocket: value }, auth: { auth: value } })) {
      const error = await failing(at(options).get());
      assert.deepEqual([error.code, error.field], ['invalid_option', field]);
    }
    for (const auth of [{ bearer: value }, { accessToken: value, username: 'a', provider: 'b' }]) {
      const error = await failing(at({ auth }).get());
      assert.deepEqual([error.code, error.field], ['invalid_option', 'auth']);
    }
    const signal = await failing(at().get({ signal: value }));
    assert.deepEqual([signal.code, signal.field], ['invalid_option', 'signal']);
    for (const call of [({ create }) => create(value), ({ get }) => get(value), ({ supports }) => supports(value), (one) => listed(one.members(value))]) {
      assert.equal((await failing(call(at()))).code, 'invalid_option');
    }
  }
  assert.equal(asked, 0);
});

const INVITE = { id: 'i1', key: KEY, resource: 'doc', permissions: 'rw', createdAt: '2026-01-01T00:00:00.000Z', expiresAt: '2027-01-01T00:00:00.000Z', createdBy: { username: 'a', provider: 'b' }, status: 'pending', uses: 0 };
const ODD = {
  permissions: [5, 'rwzz', 'rr', ['r'], null], gained: [5, 'x'], createdAt: [5, 'nonsense'], expiresAt: [5, 'nonsense', {}], resource: [5, []], id: [5], key: [5, {}],
  status: [5, {}], uses: ['many', -1, true], maxUses: ['many', -1], expiresIn: ['soon', -1], usesLeft: ['x', -1, {}, true], createdBy: [5, 'alice', [], { username: 5 }, { provider: {} }, { displayName: 5 }],
  inviter: [5, { username: [] }], account: [5, 'alice', { username: 5 }], accepted: [5, {}, [5]], message: [5], label: [{}], title: [5], email: [5],
};

test('what makes no sense in an invite is no answer', async () => {
  for (const [name, values] of Object.entries(ODD)) {
    for (const value of values) {
      const invite = { ...INVITE, [name]: value };
      const one = over(() => json(invite));
      const page = over(() => json({ invites: [INVITE, invite] }));
            for (const [call, promise] of Object.entries({ check: one.check(KEY), preview: one.preview(KEY), get: page.get(), list: listed(page.list()) })) {
        assert.equal((await failing(promise)).code, 'bad_response', `${call}: ${name} ${JSON.stringify(value)}`);
      }
      const create = await failing(over(() => json(invite, 201)).create());
      assert.equal(create.code, 'unknown_outcome', `create: ${name} ${JSON.stringify(value)}`);
    }
  }
  for (const member of [{}, { user: null, permissions: 'r' }, { user: 5, permissions: 'r' }, { user: { username: 5 }, permissions: 'r' }, { user: INVITE.createdBy, permissions: 'q' }, { user: INVITE.createdBy }, 5]) {
    assert.equal((await failing(listed(over(() => json({ members: [{ user: INVITE.createdBy, permissions: 'r' }, member] })).members()))).code, 'bad_response', JSON.stringify(member));
  }
  for (const links of [5, 'none', [], { total: 'x' }, { total: -1 }, { ended: 'no' }, { invites: {} }, { invites: [5] }, { invites: [{ usesLeft: 'x' }] }, { invites: [{ permissions: 5 }] }, { invites: [{ expiresAt: 'soon' }] }, { invites: [{ createdBy: 'a' }] }]) {
    assert.equal((await failing(over(() => json({ user: INVITE.createdBy, permissions: 'r', links }), { features: ['setMember'] }).setMember('a:b', 'r'))).code, 'bad_response', JSON.stringify(links));
  }
  for (const outcome of [{ permissions: 'q' }, { permissions: 'r', gained: 'q' }, { permissions: 'r', already: 'yes' }, { permissions: 'r', receipt: 5 }]) {
    assert.equal((await failing(over(() => json({ resource: 'doc', ...outcome })).accept(KEY))).code, 'bad_response', JSON.stringify(outcome));
  }
  for (const deletedCount of [-1, '1', null]) {
    assert.equal((await failing(over(() => json({ acknowledged: true, deletedCount })).remove(KEY))).code, 'bad_response');
  }
});

test('what is new in an invite passes through', async () => {
  const more = { of_tomorrow: { a: [1] }, expiresAt: null, maxUses: 3, title: null, expiresIn: 1.5, createdBy: { displayName: 'Alice' }, accepted: [{ of: 'tomorrow' }] };
  assert.deepEqual(await over(() => json({ ...INVITE, ...more })).check(KEY), { ...INVITE, ...more });
});

test('a preview has no key, and no event has', async () => {
  const outcome = { resource: 'doc', permissions: 'rw', gained: 'w', already: false, key: KEY };
  const invites = over((path) => json(path.endsWith('/accept') ? outcome : INVITE));
  const preview = await invites.preview(KEY);
  assert.ok(!('key' in preview) && !JSON.stringify(preview).includes(KEY));
  const told = new Promise((resolve) => { invites.addEventListener('inviteaccepted', ({ detail }) => resolve(detail)); });
  assert.equal(await invites.accept(KEY), 'rw');
  assert.deepEqual(await told, { resource: 'doc', permissions: 'rw', gained: 'w', already: false, warnings: [] });
});

test('on Webstrates the five give the server\'s own object, and the rest what there is to grant', async () => {
  const odd = { key: KEY, webstrateId: 'doc', permissions: 'rwzz', createdAt: 'a while ago', expiresAt: null, createdBy: { username: 'a', provider: 'b' }, more: { a: 1 } };
  class Socket {
    constructor() { setTimeout(() => this.onmessage({ data: '{"a":"init"}' })); }
    send(frame) {
      const { wa, token } = JSON.parse(frame);
      const reply = wa === 'getInvites' ? [{ _id: 'x', ...odd }] : { _id: 'x', ...odd };
      setTimeout(() => this.onmessage({ data: JSON.stringify({ wa: 'reply', token, reply }) }));
    }
    close() {}
  }
  const data = JSON.stringify([{ username: 'a', provider: 'b', permissions: 'arw' }, { username: 'c', provider: 'd', permissions: 'rwzz' }]);
  const fetch = async () => new Response(JSON.stringify(['html', { 'data-auth': data }, ['body', {}]]), { headers: { 'content-type': 'application/json' } });
  const invites = connect({ server: 'https://doc.example', dialect: 'webstrates', resource: 'doc', WebSocket: Socket, fetch, auth: { accessToken: 't', username: 'a', provider: 'b' } });
  assert.deepEqual(await invites.check(KEY), odd);
  assert.deepEqual(await invites.get(), [odd]);
  for await (const { permissions } of invites.list()) assert.equal(permissions, '');
  const { permissions, gained, key } = await invites.preview(KEY);
  assert.deepEqual([permissions, gained, key], ['', '', undefined]);
  for (const [expiresAt, code] of [['soon', 'bad_response'], [5, 'bad_response'], ['', 'bad_response'], ['2027-01-01T00:00:00.000Z', undefined]]) {
    odd.expiresAt = expiresAt;
    assert.equal(await invites.preview(KEY).then(() => undefined, (error) => error.code), code, `a preview says how long it lasts: ${expiresAt}`);
  }
  assert.deepEqual((await listed(invites.members())).map(({ permissions }) => permissions), ['arw', '']);
  odd.createdBy = 5;
  assert.equal((await failing(invites.check(KEY))).code, 'bad_response');
  invites.close();
});

/** Puts something in a global's place for as long as `work` takes. */
async function without(name, value, work) {
  const real = globalThis[name];
  globalThis[name] = value;
  try {
    return await work(real);
  } finally {
    globalThis[name] = real;
  }
}
const broken = function broken() { throw new Error('broken'); };

for (const name of ['Headers', 'clearTimeout']) {
  test(`a page whose ${name} throws`, async () => {
    const invites = over(() => json({ invites: [], next_page_token: '' }));
    await invites.get(); // the core is there
    const { setTimeout } = globalThis;
    const settled = await without(name, broken, () => Promise.race([invites.get().then(() => 'answered', ({ code }) => code), new Promise((resolve) => { setTimeout(resolve, 10_000, 'hangs').unref(); })]));
    assert.ok(['answered', 'invalid_option'].includes(settled), settled);
  });
}

for (const [what, value] of [['throws', broken], ['is gone', undefined]]) {
  test(`a page whose setTimeout ${what}: no call begins that would have no end`, async () => {
    let asked = 0;
    const invites = over(() => { asked += 1; return new Promise(() => {}); });
    await failing(invites.check('nothing')); // the core is there
    const fresh = await import(`../../pkg/index.js?without=${what}`);
    const ends = await without('setTimeout', value, () => Promise.all([invites.get(), fresh.connect({ server: 'https://invites.example' }).get(), fresh.inspect('x'), fresh.ready()].map(failing)));
    for (const { name, code, retryable, message } of ends) {
      assert.deepEqual([name, code, retryable], ['InviteError', 'load_failed', false]);
      assert.match(message, /setTimeout\(\)/);
    }
    assert.equal(asked, 0);
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

for (const [status, code] of [[403, 'forbidden'], [404, 'not_invites_server'], [418, 'bad_response']]) {
  test(`who stands before the server (${status}) does not say what became of a create whose answer was lost`, async () => {
    for (const lost of [true, false]) {
      let times = 0;
      const invites = connect({
        server: 'https://invites.example', resource: 'doc', timeout: 3000,
        fetch: async (url) => {
          if (String(url).includes('/.well-known/')) return json({ ...WELL_KNOWN, features: ['idempotencyKey'] });
          times += 1;
          if (lost && times === 1) throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) });
          return new Response('<h1>No</h1>', { status, headers: { 'content-type': 'text/html' } });
        },
      });
      assert.equal((await failing(invites.create())).code, lost ? 'unknown_outcome' : code);
    }
  });
}

test('what not even the server knows is unknown_outcome, of each call that the documents name', async () => {
  const invites = connect({
    server: 'https://invites.example', resource: 'doc', timeout: 300,
    fetch: async (url) => (url.includes('/.well-known/') ? json({ 'invite-keys': 1, dialect: 'http', features: ['setMember'] }) : json({ code: 'unknown_outcome', detail: 'Nobody knows.' }, 504)),
  });
  const calls = { create: () => invites.create(), accept: () => invites.accept(KEY), remove: () => invites.remove(KEY), setMember: () => invites.setMember('bob:test', 'r') };
  const [row] = /^\| `unknown_outcome` \|.*$/m.exec(await readFile(new URL('../../pkg/ERRORS.md', import.meta.url), 'utf8'));
  for (const [name, call] of Object.entries(calls)) {
    const { code, message } = await call().catch((error) => error);
    assert.equal(code, 'unknown_outcome', `${name}: ${message}`);
    assert.ok(row.includes(`\`${name}\``), name);
  }
});

test('what cannot be read is no InviteError', () => {
  const odd = new Proxy({}, { get() { throw new Error('mine'); } });
  for (const one of [odd, null, undefined, 5, { name: 'InviteError' }, Object.create(null)]) assert.equal(isInviteError(one), false);
});

test('where a page keeps no stacks an error still says what it is', async () => {
  const { stackTraceLimit } = Error;
  delete Error.stackTraceLimit;
  try {
    const { stack, message } = await failing(over(() => json({})).check('nothing'));
    assert.ok(stack.startsWith(`InviteError [malformed_key]: ${message}`), stack);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
});

test('what a page gave every object is no descriptor of ours', async () => {
  for (const name of ['get', 'set', 'value', 'writable']) {
    Object.prototype[name] = 1;
    try {
      const { connect: open } = await import(`../../pkg/index.js?beside=${name}`);
      assert.equal(open.name, 'connect');
      assert.equal((await failing(open({ server: 5 }).get({ timeout: 500 }))).name, 'InviteError');
    } finally {
      delete Object.prototype[name];
    }
  }
});

test('a part that fails with what has no words is told of all the same', async () => {
  for (const [at, thrown] of [Object.create(null), Symbol('x'), { toString() { throw new Error('mine'); } }].entries()) {
    const { connect: open, within } = await import(`../../pkg/index.js?speechless=${at}`);
    within.parts.core.code = () => { throw thrown; };
    const { code, message } = await failing(open({ server: 'https://invites.example' }).get('doc'));
    assert.deepEqual([code, /^The part core of invite-keys did not load/.test(message)], ['load_failed', true]);
  }
});
