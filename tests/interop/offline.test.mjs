// What needs no server, as the package gives it: each function, its verdicts, what it throws.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as sdk from '../../pkg/node.js';
import { AUDIENCE, JWKS, NOW, OUR_CLAIMS, SECRET, SERVER, startProgram } from './support/program.mjs';

const KEY = 'inv1_0000000000000000000000000000001J49hq';
const LINK = `https://host/notes/?lang=da&acceptInvite=${KEY}#top`;
const NAMES = ['inspect', 'find', 'parseLink', 'buildLink', 'qrCode', 'verifySignedKey'];
const at = new Date(NOW * 1000);

let program;
let signed;
before(async () => {
  program = await startProgram();
  signed = (await program.ask({ do: 'issue', secret: SECRET, claims: OUR_CLAIMS[1] })).key;
});
after(() => program.end());

const refuses = (call, code, field) =>
  assert.rejects(async () => call(), (error) => sdk.isInviteError(error) && error.code === code && error.field === field);

test('before ready() the Sync forms say so; after it they answer as the others do', async () => {
  for (const name of NAMES) assert.throws(() => sdk[`${name}Sync`](''), { code: 'load_failed', retryable: true });
  await sdk.ready();
  const link = sdk.parseLinkSync(LINK);
  const asked = {
    inspect: [signed], find: [`<${LINK}>`], parseLink: [LINK], buildLink: [link], qrCode: [LINK],
    verifySignedKey: [signed, JWKS, { audience: AUDIENCE, now: at }],
  };
  for (const name of NAMES) assert.deepEqual(sdk[`${name}Sync`](...asked[name]), await sdk[name](...asked[name]), name);
});

test('inspect: a key, a link, what is neither', async () => {
  assert.deepEqual(await sdk.inspect(KEY), {
    verdict: 'plausible', kind: 'opaque', sentence: 'It looks like an invite key; only its server can tell whether it works.',
  });
  assert.equal((await sdk.inspect(new URL(LINK))).kind, 'opaque');
  assert.deepEqual(await sdk.inspect(KEY.slice(0, -3)), {
    verdict: 'malformed', reason: 'too_short', hint: '38 of 41 characters: cut off?', at: 38,
    sentence: 'The key is too short (38 of 41 characters: cut off?).',
  });
  for (const nothing of ['', undefined, null, 42, {}]) assert.equal((await sdk.inspect(nothing)).reason, 'empty');
  const { unverifiedClaims } = await sdk.inspect(signed);
  assert.equal(unverifiedClaims.resource, 'notes');
  assert.equal(unverifiedClaims.inviter, OUR_CLAIMS[1].inviter);
  assert.equal(unverifiedClaims.expiresAt, new Date(OUR_CLAIMS[1].expiresAt * 1000).toISOString().replace('.000', ''));
});

test('find: places count as JavaScript does, what is broken is told apart', async () => {
  const text = `🗝 Åse: <${LINK.replace('&', '&amp;')}>, and ${KEY.slice(0, 20)}… and secret ${KEY}.`;
  const found = await sdk.find(text);
  assert.deepEqual(found.map(({ start, end }) => text.slice(start, end)), [LINK.replace('&', '&amp;'), KEY]);
  assert.deepEqual(found.map(({ key, kind, repairs }) => [key, kind, repairs]), [[KEY, 'opaque', ['html_entity']], [KEY, 'opaque', ['trailing_text']]]);
  assert.deepEqual(found[0].link, { page: 'https://host/notes/?lang=da#top', resource: 'notes', key: KEY, in: 'query' });
  assert.equal(found.complete, true);
  assert.deepEqual(found.broken.map(({ start, verdict }) => [text.slice(start, start + 8), verdict.verdict, verdict.reason]), [
    ['inv1_000', 'malformed', 'too_short'],
  ]);
  assert.deepEqual([...(await sdk.find('nothing here'))], []);
});

test('links: taken apart and put together, with one parameter or another', async () => {
  for (const link of [LINK, `https://host/join#acceptInvite=${KEY}&resource=notes`]) {
    assert.equal(await sdk.buildLink(await sdk.parseLink(new URL(link))), link);
  }
  const other = LINK.replace('acceptInvite', 'invite');
  assert.equal(await sdk.parseLink(other), null);
  assert.equal((await sdk.parseLink(other, { param: 'invite' })).key, KEY);
  await refuses(() => sdk.parseLink(LINK.replace(KEY, 'x')), 'malformed_key', 'key');
  await refuses(() => sdk.parseLink(`${LINK}`.replace('#', `&acceptInvite=${KEY.replace('1_', '1_1')}#`)), 'invalid_option', 'link');
  await refuses(() => sdk.parseLink(LINK, { param: 'resource' }), 'invalid_option', 'param');
  await refuses(() => sdk.buildLink({ page: LINK, key: KEY, in: 'query' }), 'invalid_option', 'link');
  await refuses(() => sdk.buildLink({ page: '/join', key: 'x', in: 'fragment' }), 'malformed_key', 'key');
});

test('qrCode: a picture, or too long a link', async () => {
  const svg = await sdk.qrCode(LINK);
  assert.match(svg, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 (\d+) \1"[^]*<\/svg>$/);
  assert.ok((await sdk.qrCode('x'.repeat(2331))).length > 0);
  await refuses(() => sdk.qrCode('x'.repeat(2332)), 'invalid_option', 'link');
});

test('verifySignedKey: every verdict, also with the tables of a key that is used often', async () => {
  const verify = (key, options, jwks = JWKS) => sdk.verifySignedKey(key, jwks, { audience: AUDIENCE, now: at, ...options });
  const { verdict, claims } = await verify(signed);
  assert.equal(verdict, 'authentic');
  assert.deepEqual([claims.issuer, claims.permissions, claims.maxUses], [SERVER, 'arw', 5]);
  const forged = signed.replace(/.{4}$/, (end) => (end === 'AAAA' ? 'BBBA' : 'AAAA'));
  const late = OUR_CLAIMS[1].expiresAt * 1000;
  for (let round = 0; round < 60; round += 1) {
    assert.equal((await verify(signed)).verdict, 'authentic', `round ${round}`);
    assert.ok(['bad_signature', 'malformed'].includes((await verify(forged)).verdict), `round ${round}`);
  }
  assert.equal((await verify(signed, { audience: new URL(SERVER) })).verdict, 'authentic');
  assert.equal((await verify(signed, { issuer: SERVER })).verdict, 'authentic');
  assert.equal((await verify(signed, { issuer: SERVER, audience: SERVER })).verdict, 'authentic');
  assert.equal((await verify(signed, { audience: `${SERVER}/other` })).verdict, 'wrong_audience');
  assert.equal((await verify(signed, { now: late + 59_000 })).verdict, 'authentic');
  assert.equal((await verify(signed, { now: late + 60_000 })).verdict, 'expired');
  assert.equal((await verify(signed, { now: late, leeway: 0 })).verdict, 'expired');
  assert.equal((await verify(signed, { now: (NOW - 71) * 1000 })).verdict, 'not_yet_valid');
  assert.equal((await verify(signed, {}, { keys: [] })).kid, JWKS.keys[0].kid);
  assert.equal((await verify(signed, {}, JSON.stringify(JWKS))).verdict, 'authentic');
  assert.equal((await verify(KEY)).verdict, 'plausible');
  await refuses(() => sdk.verifySignedKey(signed, JWKS), 'invalid_option', 'audience');
  await refuses(() => verify(signed, { issuer: 'https://elsewhere.example' }), 'invalid_option', 'audience');
  for (const jwks of [{}, undefined, 'x', { keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'x', x: 'AA' }] }]) {
    await refuses(() => verify(signed, {}, jwks ?? null), 'invalid_option', 'jwks');
  }
});
