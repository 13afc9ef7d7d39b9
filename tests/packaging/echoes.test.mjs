// What a server writes is its word and no more: no key gets into an error by it, no code that only this side can know, and
// no call is made again because of it.
import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { connect } from '../../pkg/node.js';

const KEYS = { webstrates: 'ab12'.repeat(16), letters: 'ab'.repeat(32), opaque: 'inv1_OMUvgMnQHFYjTg1MPDEck1mquf66EY1dR9Mw' };
const BEARER = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZw';
const percent = (text) => [...text].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join('');

const problem = (status, document, headers) => new Response(JSON.stringify(document), { status, headers: { 'content-type': 'application/problem+json', ...headers } });
const WELL_KNOWN = { 'invite-keys': 1, dialect: 'http', features: [] };

/** A connection whose server is `answer(path, init)`, and how often it was asked. */
function over(answer, more) {
  const asked = [];
  const fetch = async (url, init) => {
    const { pathname } = new URL(url);
    if (pathname.startsWith('/.well-known/')) return new Response(JSON.stringify(WELL_KNOWN), { headers: { 'content-type': 'application/json' } });
    asked.push(pathname);
    return answer(pathname, init);
  };
  return { asked, invites: connect({ server: 'https://invites.example', resource: 'doc', timeout: 3000, fetch, ...more }) };
}
const failing = (promise) => promise.then((value) => assert.fail(`answered ${JSON.stringify(value)}`), (error) => error);
const calls = (key) => ({ get: ({ get }) => get(), create: ({ create }) => create(), accept: ({ accept }) => accept(key), remove: ({ remove }) => remove(key) });

/** Everything that anybody prints of an error. */
const all = (error) => [error.message, error.stack, error.field, JSON.stringify(error), inspect(error, { depth: 9, showHidden: true })].join('\n');

for (const [kind, key] of Object.entries(KEYS)) {
  test(`a key that a server sends back is in no error: ${kind}`, async () => {
    const forms = { plain: key, percent: percent(key), cut: key.slice(0, -5), upper: key.toUpperCase(), quoted: `"${key}"`, link: `https://x.example/#acceptInvite=${key}` };
    for (const [form, text] of Object.entries(forms)) {
      const { invites } = over(() => problem(422, { code: 'invalid_option', detail: `No such thing as ${text} here.`, field: text }), { auth: { bearer: BEARER } });
      for (const call of ['check', 'accept', 'remove', 'preview']) {
        const error = await failing(invites[call](key));
        assert.equal(error.code, 'invalid_option');
        assert.match(error.message, /^No such thing as .*…"? here\.$/, form);
        assert.ok(!all(error).toLowerCase().includes(text.toLowerCase()), `${call}, ${form}: ${all(error)}`);
      }
    }
  });

  test(`nor by the socket: ${kind}`, async () => {
    class Socket {
      constructor() { setTimeout(() => this.onmessage({ data: '{"a":"init"}' })); }
      send(frame) {
        const { token } = JSON.parse(frame);
        setTimeout(() => this.onmessage({ data: JSON.stringify({ wa: 'reply', token, error: `Invalid invitation key ${key}, or ${percent(key)}.` }) }));
      }
      close() {}
    }
    const invites = connect({ server: 'https://doc.example', dialect: 'webstrates', resource: 'doc', WebSocket: Socket });
    const error = await failing(invites.check(key));
    invites.close();
    assert.deepEqual([error.code, error.message], ['invalid_key', 'Invalid invitation key …, or …']);
    assert.ok(!all(error).includes(key));
  });
}

const elsewhere = (key) => ({ title: `for ${key}`, message: `https://x.example/?k%3D${key}&x`, extras: { deep: [[{ [key]: [`-${key.toUpperCase()}-`] }]] }, of_tomorrow: key, key });
const INVITE = { resource: 'doc', permissions: 'rw', gained: 'rw', already: false, createdAt: '2026-01-01T00:00:00.000Z', expiresAt: null, createdBy: { username: 'a', provider: 'b' } };
const good = (body) => new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
const EVENTS = ['inviteaccepted', 'invitecreated', 'inviteremoved'];

/** All that is told in events meanwhile. */
function listening(invites) {
  const told = [];
  for (const type of EVENTS) invites.addEventListener(type, ({ detail }) => told.push([type, detail]));
  return told;
}

for (const [kind, key] of Object.entries(KEYS)) {
  test(`nor in what pages are shown and told of an answer: ${kind}`, async () => {
    const { invites } = over(() => good({ ...INVITE, ...elsewhere(key), id: 'i1', receipt: 'eyJ.a.b' }));
    const told = listening(invites);
    const preview = await invites.preview(key);
    assert.deepEqual([preview.title, preview.message, preview.of_tomorrow, preview.extras], ['…', '…', '…', { deep: [[{ '…': ['…'] }]] }]);
    await invites.accept(key);
    const { type, detail } = { type: told[0][0], detail: told[0][1] };
    assert.deepEqual([type, detail.permissions, detail.gained, detail.receipt, detail.extras], ['inviteaccepted', 'rw', 'rw', 'eyJ.a.b', { deep: [[{ '…': ['…'] }]] }]);
    assert.ok(!JSON.stringify([preview, told]).toLowerCase().includes(key.toLowerCase()));
  });

  test(`a key in the place of an id, of a resource or of letters is told to nobody: ${kind}`, async () => {
    for (const name of ['id', 'resource', 'expiresAt', 'permissions']) {
      const { invites } = over(() => good({ ...INVITE, id: 'i1', key, [name]: key }));
      const told = listening(invites);
      await invites.create().catch(() => {});
      await invites.accept(key).catch(() => {});
      assert.ok(!JSON.stringify(told).includes(key), name);
    }
    const { invites, asked } = over(() => good({ acknowledged: true, deletedCount: 1 }));
    const told = listening(invites);
    await invites.remove({ ...INVITE, key, id: key });
    assert.deepEqual(told.map(([type]) => type), ['inviteremoved']);
    assert.ok(!JSON.stringify(told).includes(key));
    assert.equal((await failing(invites.remove({ id: key }))).code, 'malformed_key');
    assert.ok(!asked.join().includes(key), 'no address has it');
  });
}

test('nor on Webstrates', async () => {
  const key = KEYS.webstrates;
  const invite = { _id: 'x', key, webstrateId: 'doc', permissions: 'rw', createdAt: '2026-01-01T00:00:00.000Z', expiresAt: '2027-01-01T00:00:00.000Z', createdBy: { username: 'a', provider: 'b' } };
  class Socket {
    constructor() { setTimeout(() => this.onmessage({ data: '{"a":"init"}' })); }
    send(frame) {
      const { wa, token } = JSON.parse(frame);
      const answer = {
        getInvites: { error: 'Need admin permissions to manage invites. User only has  on doc.' },
        acceptInvite: { reply: `rw ${key}` },
        createInvite: { reply: { ...invite, permissions: key } },
        checkInvite: { reply: { ...invite, ...elsewhere(key) } },
      }[wa];
      setTimeout(() => this.onmessage({ data: JSON.stringify({ wa: 'reply', token, ...answer }) }));
    }
    close() {}
  }
  const fetch = async () => new Response('["html",{"data-auth":"[]"}]', { headers: { 'content-type': 'application/json' } });
  const invites = connect({ server: 'https://doc.example', dialect: 'webstrates', resource: 'doc', WebSocket: Socket, fetch, auth: { accessToken: 't', username: 'a', provider: 'b' } });
  const told = listening(invites);
  assert.equal((await invites.preview(key)).title, '…');
  assert.ok(!JSON.stringify(await invites.preview(key)).includes(key));
  await invites.accept(key);
  await invites.create();
  assert.deepEqual(told.map(([type, { permissions }]) => [type, permissions]), [['inviteaccepted', '…'], ['invitecreated', '…']]);
  invites.close();
});

test('a bearer that a server sends back is in no error, and its words are no book', async () => {
  const { invites } = over((_, { headers }) => problem(401, { code: 'bad_credentials', detail: `${headers.get('authorization')} is no good. ${'Really. '.repeat(10_000)}` }), { auth: { bearer: BEARER } });
  const error = await failing(invites.get());
  assert.ok(error.message.startsWith('Bearer … is no good. Really.'), error.message);
  assert.ok(error.message.length <= 1000);
  assert.ok(!all(error).includes(BEARER));
});

test('a name that a caller has written in the wrong place is not repeated, either', async () => {
  const { invites } = over(() => assert.fail('sent'));
  const error = await failing(invites.create({ [KEYS.webstrates]: 'r' }));
  assert.equal(error.code, 'invalid_option');
  assert.ok(!all(error).includes(KEYS.webstrates), all(error));
});

test('what was thrown underneath is told, unless a key is in it', async () => {
  const key = KEYS.opaque;
  const thrown = {
    text: key,
    message: new Error(`cannot send ${key}`),
    encoded: new Error(`cannot send ${percent(KEYS.webstrates)}`),
    data: Object.assign(new Error('Request failed'), { config: { data: JSON.stringify({ key }) } }),
    cause: new Error('outer', { cause: new Error('inner', { cause: new Error(key) }) }),
    unreadable: new Proxy({}, { ownKeys() { throw key; } }),
  };
  for (const [where, cause] of Object.entries(thrown)) {
    const { invites } = over(() => { throw cause; });
    const error = await failing(invites.accept(key));
    assert.deepEqual([error.code, 'cause' in error], ['invalid_option', false], where);
    assert.ok(!all(error).includes(key), where);
    const aborted = await failing(over(() => new Promise(() => {})).invites.get({ signal: AbortSignal.abort(cause) }));
    assert.deepEqual([aborted.code, 'cause' in aborted], ['aborted', false], where);
  }
  const round = new Error('in a circle');
  round.cause = round;
  for (const cause of [round, new Error('as usual'), Object.freeze({ code: 'E_MINE', bytes: new Uint8Array(100_000) }), 'mine']) {
    const { invites } = over(() => { throw cause; });
    assert.equal((await failing(invites.accept(key))).cause, cause);
  }
});

test('Node: a server that does not speak HTTP has sent the key back, and the parser\'s error has all it said', async (t) => {
  const key = KEYS.webstrates;
  const server = createServer((socket) => socket.on('data', () => socket.end(`HTTP/9.9 what ${key}\r\n\r\n`)).on('error', () => {}));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(() => server.close());
  const invites = connect({ server: `http://127.0.0.1:${server.address().port}`, dialect: 'http', resource: 'doc' });
  const error = await failing(invites.check(key, undefined, { timeout: 400 }));
  assert.ok(['offline', 'timeout'].includes(error.code), error.code);
  assert.ok(!all(error).includes(key), all(error));
});

const OWN = ['aborted', 'closed', 'timeout', 'offline', 'load_failed', 'secret_in_browser', 'not_invites_server', 'bad_response'];
const NO_CODES = ['', ' ', '__proto__', 'constructor', 'toString', 'Not Found', 'ünknown', 'x'.repeat(5000), KEYS.letters, 5, null, { a: 1 }, ['expired']];

test('a code is a server\'s where a server can know it: else its status speaks', async () => {
  for (const code of [...OWN, ...NO_CODES]) {
    for (const [status, meant] of [[400, 'bad_response'], [401, 'not_signed_in'], [403, 'forbidden'], [429, 'rate_limited'], [500, 'server_error'], [503, 'server_error']]) {
      const { invites } = over(() => problem(status, { code, detail: 'Words.', retryAfter: 60_000 }));
      const error = await failing(invites.accept(KEYS.opaque));
      assert.deepEqual([error.code, error.status], [meant, status], `${status} ${String(code).slice(0, 40)}`);
    }
  }
  for (const [status, code] of [[409, 'of_tomorrow'], [410, 'expired'], [503, 'of_tomorrow']]) {
    const { invites } = over(() => problem(status, { code, detail: 'Words.', retryAfter: 60_000 }));
    assert.deepEqual((({ code, message }) => [code, message])(await failing(invites.accept(KEYS.opaque))), [code, 'Words.']);
  }
});

test('a call is made again where the status says so, whatever code stands beside it', async () => {
  const codes = [...OWN, 'try_again', 'rate_limited', 'server_error', 'unknown_outcome', 'of_tomorrow', 'invalid_key', '', undefined];
  for (const code of codes) {
    for (const name of ['get', 'create', 'accept', 'remove']) {
      const { invites, asked } = over(() => problem(400, { code, detail: 'Words.', retryAfter: 0 }));
      await failing(calls(KEYS.opaque)[name](invites));
      assert.equal(asked.length, 1, `400 ${code}, ${name}`);
    }
  }
  await Promise.all(codes.map(async (code) => {
    const { invites, asked } = over(() => problem(503, { code, detail: 'Words.' }), { timeout: 30_000 });
    await failing(invites.get());
    assert.equal(asked.length, 6, `503 ${code}`);
  }));
});

test('whether a create may have happened is no code\'s and no field\'s to say', async () => {
  for (const document of [{ code: 'invalid_option', field: 'fetch' }, { code: 'invalid_option', field: 'webstrateId' }]) {
    const { invites } = over(() => problem(400, { ...document, detail: 'Words.' }));
    const error = await failing(invites.create());
    assert.deepEqual([error.code, error.field], [document.code, document.field]);
  }
  for (const code of ['offline', 'unknown_outcome', 'server_error', 5, undefined]) {
    const { invites } = over(() => problem(400, { code, detail: 'Words.' }));
    assert.equal((await failing(invites.create())).code, 'bad_response', String(code));
  }
  for (const code of ['offline', 'invalid_key', 5]) {
    const { invites } = over(() => problem(502, { code, detail: 'Words.' }));
    assert.equal((await failing(invites.create())).code, 'unknown_outcome', String(code));
  }
});

test('retryAfter is a time from now on, and no more than a day', async () => {
  for (const [told, header, retryAfter] of [
    [-1, undefined, undefined], [null, undefined, undefined], ['soon', undefined, undefined], [1e308, undefined, 86_400_000], [4000, undefined, 4000],
    [-1, '5', undefined], [undefined, '5', 5000], [undefined, '4294967295', 86_400_000], [undefined, '-5', undefined], [undefined, 'Sat, 21 Nov 2099 05:21:00 GMT', 86_400_000],
    [undefined, 'Sat, 21 Nov 2020 05:21:00 GMT', undefined], [undefined, 'NaN', undefined],
  ]) {
    const { invites } = over(() => problem(429, { code: 'limit_reached', detail: 'Words.', retryAfter: told }, header && { 'retry-after': header }));
    const error = await failing(invites.get());
    assert.equal(error.retryAfter, retryAfter, `${told}, ${header}`);
    assert.equal('retryAfter' in error, retryAfter !== undefined);
  }
  const { invites, asked } = over(() => problem(503, { code: 'try_again', detail: 'Words.', retryAfter: 0 }), { timeout: 30_000 });
  const began = performance.now();
  await failing(invites.get());
  assert.equal(asked.length, 6);
  // 100, 200, 400, 800 and 1,600 milliseconds, the half of each at least.
  assert.ok(performance.now() - began > 1500, 'a server that says 0 is not asked six times at once');
});
