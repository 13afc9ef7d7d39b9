// What callers give by mistake: it never makes a verdict kinder, never hangs, never traps, and says what to give instead.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inspect } from 'node:util';
import * as sdk from '../../pkg/node.js';
import { AUDIENCE, JWKS, KID, NOW, OUR_CLAIMS, SECRET, SERVER, startProgram } from './support/program.mjs';

const KEY = 'inv1_0000000000000000000000000000001J49hq';
const LINK = `https://host/notes/?acceptInvite=${KEY}`;
const hostile = new Proxy({}, { get() { throw new Error('hostile'); } });
const cyclic = {};
cyclic.keys = cyclic;

let signed;
before(async () => {
  const program = await startProgram();
  // It ended in 2027, so that it is expired for who looks later.
  signed = (await program.ask({ do: 'issue', secret: SECRET, claims: OUR_CLAIMS[0] })).key;
  await program.end();
  await sdk.ready();
});
// A trap ends a module for good: whatever was given before, it still answers.
after(() => assert.equal(verify().verdict, 'authentic'));

const options = { audience: AUDIENCE, now: NOW * 1000 };
const verify = (more, key = signed, jwks = JWKS) => sdk.verifySignedKeySync(key, jwks, { ...options, ...more });
const refuses = (field, call, hint) => assert.throws(call, (error) => {
  assert.ok(sdk.isInviteError(error), `${hint}: ${error.stack}`);
  assert.deepEqual([error.code, error.field], ['invalid_option', field], hint);
  assert.ok(!error.message.includes(KEY) && !error.message.includes(signed));
  return true;
}, hint);

test('a time that is none, or in another unit, is refused', () => {
  const wrong = [
    null, NaN, Infinity, -Infinity, new Date(NaN), new Date('x'), '', 'now', String(NOW * 1000), new Date(NOW * 1000).toISOString(),
    NOW, new Date(NOW), NOW * 1e6, Number.MAX_VALUE, Number.MIN_VALUE, 0, -0, -1, -NOW * 1000, 1e12 - 1, 1e13, performance.now(),
    BigInt(NOW * 1000), Symbol('now'), true, [], [NOW * 1000], {}, () => NOW * 1000, { valueOf: () => NOW * 1000 },
    { valueOf() { throw new Error('hostile'); } }, Object.create(Date.prototype), hostile,
  ];
  for (const now of wrong) refuses('now', () => verify({ now }), inspect(now));
  for (const now of [new Date(NOW * 1000), NOW * 1000, NOW * 1000 + 0.5, 1e12]) assert.equal(verify({ now }).verdict, 'authentic');
  assert.equal(verify({ now: 1e13 - 1 }).verdict, 'expired');
  assert.equal(verify({ now: undefined }).verdict, Date.now() < OUR_CLAIMS[0].expiresAt * 1000 + 60_000 ? 'authentic' : 'expired');
  assert.throws(() => verify({ now: NOW }), { message: 'now must be a Date, or a number of milliseconds since 1970, from 2001 to 2286.' });
});

test('a leeway that is none, or in another unit, is refused', () => {
  const wrong = [null, NaN, Infinity, -Infinity, -1, -0.5, 3601, 60_000, 1e300, '60', '', 60n, Symbol('60'), true, [], [60], {}, new Date(60), hostile];
  for (const leeway of wrong) refuses('leeway', () => verify({ leeway }), inspect(leeway));
  const ends = OUR_CLAIMS[0].expiresAt * 1000;
  for (const [leeway, now, verdict] of [
    [0, ends - 1, 'authentic'], [0, ends, 'expired'], [-0, ends, 'expired'], [undefined, ends + 59_999, 'authentic'],
    [undefined, ends + 60_000, 'expired'], [3600, ends + 3_599_999, 'authentic'], [3600, ends + 3_600_000, 'expired'],
  ]) assert.equal(verify({ leeway, now }).verdict, verdict, `${leeway} ${now - ends}`);
});

test('an audience is compared with its slash', () => {
  for (const [audience, verdict] of [
    [SERVER, 'authentic'], [`${SERVER}/`, 'authentic'], [AUDIENCE, 'authentic'], [`${AUDIENCE}/`, 'authentic'], [new URL(AUDIENCE), 'authentic'],
    [`${SERVER}/notes2`, 'wrong_audience'], [`${SERVER}/note`, 'wrong_audience'], [`${SERVER}notes`, 'wrong_audience'],
    [`${SERVER}.evil.com/notes`, 'wrong_audience'], [`${SERVER}.evil.com`, 'wrong_audience'], [`${SERVER}:443/notes`, 'wrong_audience'],
    [`${SERVER}@evil.com/notes`, 'wrong_audience'], [SERVER.slice(0, -1), 'wrong_audience'], ['https://i', 'wrong_audience'],
    [SERVER.replace('https', 'http'), 'wrong_audience'], [`${SERVER}/notes/x`, 'wrong_audience'],
    [`${SERVER}/?notes`, 'wrong_audience'], [`${SERVER}/#notes`, 'wrong_audience'], [SERVER.toUpperCase().replace('HTTPS', 'https'), 'wrong_audience'],
  ]) assert.equal(verify({ audience }).verdict, verdict, String(audience));
});

test('with an issuer the audience is its own, with a slash between', () => {
  for (const [issuer, audience, verdict] of [
    [SERVER, SERVER, 'authentic'], [SERVER, AUDIENCE, 'authentic'], [`${SERVER}/`, AUDIENCE, 'authentic'], [`${SERVER}/`, SERVER, 'authentic'],
    [new URL(SERVER), new URL(AUDIENCE), 'authentic'], [SERVER, `${SERVER}/notes2`, 'wrong_audience'],
    ['https://elsewhere.example', 'https://elsewhere.example/notes', 'wrong_audience'],
  ]) assert.equal(verify({ issuer, audience }).verdict, verdict, `${issuer} ${audience}`);
  for (const [issuer, audience] of [
    [SERVER, `${SERVER}notes`], [SERVER, `${SERVER}.evil.com/x`], [SERVER, `${SERVER}.evil.com`], [SERVER, `${SERVER}-notes`],
    ['https://invites.exampl', AUDIENCE], ['https://i', AUDIENCE], [AUDIENCE, SERVER], ['https://elsewhere.example', AUDIENCE],
    [SERVER, `${SERVER}/not es`], [SERVER, `${SERVER}/notes/x`],
  ]) refuses('audience', () => verify({ issuer, audience }), `${issuer} ${audience}`);
});

test('an audience or issuer that is no address is refused', () => {
  const none = [
    '', ' ', 'x', 'notes', '/', '//', 'invites.example', 'https', 'https:', 'https://', 'https:///', 'ftp://invites.example', `${SERVER}//`, ` ${SERVER}`,
    `${SERVER}\n`, `${SERVER}/a b`, `${SERVER}/nø`, `https://${'x'.repeat(600)}`, null, 42, true, {}, [], [SERVER], { href: 42 }, { href: { x: 1 } },
    Symbol('x'), () => SERVER, hostile,
  ];
  for (const value of none) {
    refuses('audience', () => verify({ audience: value }), inspect(value));
    refuses('issuer', () => verify({ issuer: value }), inspect(value));
  }
  refuses('audience', () => verify({ audience: undefined }));
  for (const nothing of [undefined, null, {}]) refuses('audience', () => sdk.verifySignedKeySync(signed, JWKS, nothing), inspect(nothing));
  refuses('options', () => sdk.verifySignedKeySync(signed, JWKS, hostile));
});

test('a JWK set of any odd shape is refused, or has no key for us', () => {
  const [jwk] = JWKS.keys;
  for (const jwks of [
    undefined, null, '', ' ', 'x', '{', '[]', 'null', 42, true, {}, [], [jwk], jwk, { keys: null }, { keys: {} }, { keys: 'x' }, { keys: [null] }, { keys: [[]] },
    { keys: ['x'] }, { keys: [jwk, jwk] }, { keys: [jwk, { ...jwk, use: undefined }] }, { keys: [{ ...jwk, kid: 42 }] }, { keys: [{ ...jwk, kid: null }] },
    { keys: [{ ...jwk, kid: '' }] }, { keys: [{ ...jwk, kid: [KID] }] }, { keys: [{ ...jwk, x: 42 }] }, { keys: [{ ...jwk, x: '' }] }, { keys: [{ ...jwk, x: `${jwk.x}=` }] },
    { keys: [{ ...jwk, d: 'AA' }] }, { keys: [{ ...jwk, d: null }] }, { keys: Array(33).fill({}) }, cyclic, { keys: [1n] }, { toJSON() { throw new Error('hostile'); } }, { toJSON: () => undefined },
    Symbol('x'), () => JWKS, hostile, 'x'.repeat(1 << 16), JSON.stringify({ keys: [jwk], x: 'x'.repeat(1 << 16) }), `${JSON.stringify(JWKS)} x`,
  ]) refuses('jwks', () => sdk.verifySignedKeySync(signed, jwks, options), inspect(jwks).slice(0, 120));
  for (const keys of [
    [], [{}], [{ kty: 'RSA', kid: KID }], [{ ...jwk, crv: 'X25519' }], [{ ...jwk, kid: undefined }], [{ ...jwk, kid: 'other' }], [{ ...jwk, use: 'enc' }],
    [{ ...jwk, use: ['sig'] }], [{ ...jwk, alg: 'ES256' }], [{ ...jwk, alg: null }], [{ ...jwk, kty: ['OKP'] }], [{ ...jwk, key_ops: [] }],
    [{ ...jwk, key_ops: 'verify' }], [{ ...jwk, key_ops: { verify: true } }], [{ ...jwk, key_ops: { a: ['verify'] } }], [{ ...jwk, key_ops: [['verify']] }],
    [{ ...jwk, key_ops: ['sign', { verify: 'x' }] }],
  ]) assert.equal(verify({}, signed, { keys }).verdict, 'unknown_key', JSON.stringify(keys));
  for (const more of [{ key_ops: ['verify'] }, { key_ops: ['sign', 'verify'] }, { alg: 'Ed25519' }, { ext: true, x5c: [1] }]) {
    assert.equal(verify({}, signed, { keys: [{ ...jwk, ...more }] }).verdict, 'authentic', JSON.stringify(more));
  }
  // A set that was refused is not remembered, nor is the one before it taken in its place.
  refuses('jwks', () => verify({}, signed, 'x'));
  assert.equal(verify().verdict, 'authentic');
  refuses('jwks', () => verify({}, signed, ''));
});

test('what is no key is malformed, whatever else it is', () => {
  for (const key of [undefined, null, 42, NaN, true, {}, [], [signed], Symbol('x'), () => signed, { href: 42 }, { href: { baseVal: signed } }, { length: 5 }, hostile, '', '\uD800', '\0']) {
    assert.equal(sdk.verifySignedKeySync(key, JWKS, options).verdict, 'malformed');
    assert.equal(sdk.inspectSync(key).verdict, 'malformed');
  }
  assert.equal(sdk.inspectSync('x'.repeat(1 << 24)).verdict, 'malformed');
  assert.equal(verify({}, 'invs1_'.padEnd(1 << 24, 'x')).verdict, 'malformed');
});

test('a parameter is a name, of every function that takes one', () => {
  const link = { page: '/join', key: KEY, in: 'fragment' };
  for (const call of [
    (given) => sdk.inspectSync(LINK, given), (given) => sdk.findSync(LINK, given), (given) => sdk.parseLinkSync(LINK, given), (given) => sdk.buildLinkSync(link, given),
  ]) {
    for (const param of ['', 'resource', 42, true, {}, [], ['acceptInvite'], Symbol('x'), () => 'x', { length: 12 }]) refuses('param', () => call({ param }), `${call}: ${inspect(param)}`);
    refuses('options', () => call(hostile), String(call));
    for (const nothing of [undefined, null, {}, { param: undefined }]) assert.ok(call(nothing));
    for (const name of ['a=b', '&', 'å', '%41', '#', '\0', '\uD800']) call({ param: name });
  }
});

const link = { page: '/join', key: KEY, in: 'fragment' };
/** Each function with options: what it is given, and the names of those it reads. */
const TAKES = {
  inspect: [(given) => sdk.inspectSync(LINK, given), ['param']],
  find: [(given) => sdk.findSync(LINK, given), ['param']],
  parseLink: [(given) => sdk.parseLinkSync(LINK, given), ['param']],
  buildLink: [(given) => sdk.buildLinkSync(link, given), ['param']],
  'buildLink, the link itself': [(given) => sdk.buildLinkSync(given), ['page', 'resource', 'key', 'in'], 'link', link],
  verifySignedKey: [(given) => sdk.verifySignedKeySync(signed, JWKS, given), ['issuer', 'audience', 'now', 'leeway'], 'options', options],
};

test('an option that is misspelt, or options that are none, are refused as the calls do', () => {
  for (const [what, [call, names, field = 'options', right = {}]] of Object.entries(TAKES)) {
    const others = ['', 'x', 'Param', 'param ', 'parm', 'leway', 'Now', 'Leeway', 'at', 'timeout', 'resorce', 'constructor', '0', ...Object.values(TAKES).flatMap(([, more]) => more)];
    for (const other of new Set(others.filter((name) => !names.includes(name)))) {
      for (const value of [0, null, 'x', NaN]) refuses(other, () => call({ ...right, [other]: value }), `${what}: ${other}`);
      // As where it is left out.
      assert.ok(call({ ...right, [other]: undefined }), `${what}: ${other}`);
    }
    refuses('__proto__', () => call(JSON.parse(`{ "__proto__": 1 }`)), what);
    for (const none of [0, 42, NaN, '', 'acceptInvite', true, false, 1n, [], ['param'], () => right, Symbol('x'), new Map(), new Date(), new URL(LINK)]) refuses(field, () => call(none), `${what}: ${inspect(none)}`);
    assert.ok(call(Object.assign(Object.create(null), right)), what);
    assert.ok(call(new (class Given { constructor() { Object.assign(this, right); } })()), what);
  }
  assert.throws(() => verify({ leway: 0 }), { message: 'leway is not an option here.' });
});

test('links and texts are texts', () => {
  for (const value of [undefined, null, 42, true, {}, [], [LINK], Symbol('x'), () => LINK, { href: 42 }, hostile]) {
    refuses('link', () => sdk.parseLinkSync(value));
    refuses('link', () => sdk.qrCodeSync(value));
    refuses('text', () => sdk.findSync(value));
    refuses('page', () => sdk.buildLinkSync({ page: value, key: KEY, in: 'fragment' }));
    if (value !== undefined && value !== null) refuses('resource', () => sdk.buildLinkSync({ page: '/', key: KEY, in: 'fragment', resource: value }));
    refuses('in', () => sdk.buildLinkSync({ page: '/', key: KEY, in: value }));
    assert.throws(() => sdk.buildLinkSync({ page: '/', key: value, in: 'fragment' }), { code: 'malformed_key', field: 'key' });
  }
  for (const value of [undefined, null, {}]) refuses('page', () => sdk.buildLinkSync(value));
  refuses('link', () => sdk.buildLinkSync(hostile));
  for (const value of ['', 'Query', 'hash']) refuses('in', () => sdk.buildLinkSync({ page: '/', key: KEY, in: value }));
  for (const value of ['', '\uD800', 'x y', '../notes']) refuses('resource', () => sdk.buildLinkSync({ page: '/', key: KEY, in: 'fragment', resource: value }), value);
  assert.equal(sdk.buildLinkSync({ page: '/', key: KEY, in: 'query' }), `/?acceptInvite=${KEY}`);
});

test('a text as long as may be neither hangs nor traps', () => {
  const long = '測'.repeat(1 << 27);
  assert.equal(sdk.inspectSync(long).verdict, 'malformed');
  assert.equal(verify({}, long).verdict, 'malformed');
  assert.equal(sdk.findSync(long).complete, false);
  refuses('jwks', () => verify({}, signed, long));
  refuses('audience', () => verify({ audience: `${SERVER}/${long}` }));
  refuses('link', () => sdk.parseLinkSync(`${LINK}#${long}`));
  refuses('link', () => sdk.buildLinkSync({ page: long, key: KEY, in: 'query' }));
  refuses('link', () => sdk.qrCodeSync(long));
  refuses('resource', () => sdk.buildLinkSync({ page: '/', key: KEY, in: 'fragment', resource: long }));
  refuses('param', () => sdk.inspectSync(LINK, { param: long }));
  assert.equal(sdk.findSync('x'.repeat(1 << 20)).complete, true);
  assert.equal(sdk.findSync('x'.repeat((1 << 20) + 1)).complete, false);
});
