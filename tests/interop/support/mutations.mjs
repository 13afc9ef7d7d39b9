// Valid tokens, changed: in their text, or in header and payload and then rightly signed again.
import { createPrivateKey, sign as signWith } from 'node:crypto';
import { KID, NOW, PRIVATE_JWK, SERVER, toJwt } from './program.mjs';

const KEY = createPrivateKey({ key: PRIVATE_JWK, format: 'jwk' });
const OTHER_KEY = createPrivateKey({
  key: { ...PRIVATE_JWK, d: 'TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs', x: 'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw' },
  format: 'jwk',
});
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
// ℓ, the order of the base point, little-endian.
const ORDER = Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex');

const encode = (bytes) => Buffer.from(bytes).toString('base64url');

const signed = (header, payload, key = KEY) => {
  const message = `${encode(header)}.${encode(payload)}`;
  return `${message}.${encode(signWith(null, Buffer.from(message), key))}`;
};

const header = () => ({ alg: 'EdDSA', kid: KID, typ: 'invite+jwt' });
const claims = () => toJwt({
  issuer: SERVER, resource: 'notes', id: 'invite_1', issuedAt: NOW, notBefore: NOW - 100, expiresAt: NOW + 604_800,
  permissions: 'rw', maxUses: 5, inviter: 'Alice',
});

/** A token with nothing wrong. */
export const VALID = signed(JSON.stringify(header()), JSON.stringify(claims()));

const splice = (text, at, remove, insert = '') => text.slice(0, at) + insert + text.slice(at + remove);

// Changes of the text. The signature stays as it was.
const textual = [
  ({ below, pick }, text) => splice(text, below(text.length), 1, pick(BASE64URL)),
  ({ below, pick }, text) => splice(text, below(text.length), 0, pick(BASE64URL)),
  ({ below }, text) => splice(text, below(text.length), 1),
  ({ below }, text) => text.slice(0, below(text.length)),
  ({ below, pick }, text) => splice(text, below(text.length + 1), 0, pick(['=', ' ', '\n', '\t', '.', '+', '/', '%', '\u200b', 'é'])),
  ({ pick }, text) => text + pick(['=', '==', '\n', ' ', '.', '.AAAA', 'A', 'AA', 'AAAA']),
  ({ pick }, text) => pick([' ', '\n', '.', 'A', '=']) + text,
  // The last character of a part: most of its bits belong to no byte.
  ({ pick }, text) => {
    const ends = [text.indexOf('.') - 1, text.lastIndexOf('.') - 1, text.length - 1];
    return splice(text, pick(ends), 1, pick(BASE64URL));
  },
  ({ pick }, text) => splice(text, text.length - 1, 1, pick(BASE64URL)),
  ({ pick }, text) => splice(text, pick([text.indexOf('.'), text.lastIndexOf('.')]), 1, pick(['', '..', '=.', ' .', '%2E'])),
  ({ below }, text) => {
    const parts = text.split('.');
    parts[below(3)] = '';
    return parts.join('.');
  },
  ({ pick }, text) => {
    const [first, second, third] = text.split('.');
    return pick([[second, first, third], [first, first, third], [first, second], [first, second, third, third]]).join('.');
  },
  ({ below }, text) => {
    const at = below(text.length);
    const letter = text[at];
    return splice(text, at, 1, letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase());
  },
  (_, text) => text.replaceAll('-', '+').replaceAll('_', '/'),
  // Nothing at all.
  (_, text) => text,
];

// Changes of the signature's 64 bytes.
const ofSignature = [
  ({ below }, bytes) => { bytes[below(64)] ^= 1 << below(8); },
  ({ below }, bytes) => { bytes.fill(0, below(64)); },
  ({ below }, bytes) => { bytes.forEach((_, index) => { bytes[index] = below(256); }); },
  // The same scalar, written with the order added.
  (_, bytes) => {
    let carry = 0;
    for (let index = 0; index < 32; index++) {
      carry += bytes[32 + index] + ORDER[index];
      bytes[32 + index] = carry;
      carry >>= 8;
    }
  },
  // The neutral point, canonical or not, and a scalar of zero.
  ({ pick }, bytes) => {
    bytes.fill(0);
    bytes[0] = 1;
    bytes[31] = pick([0, 0x80]);
  },
  // The same y with the other x.
  (_, bytes) => { bytes[31] ^= 0x80; },
];

const VALUES = [
  null, true, false, 0, 1, -1, 1.5, 1e21, 1e300, '', 'x', 'a b', 'é', '\u0000', '\u202e', [], [1], {}, { a: 1 },
  9_007_199_254_740_991, 9_007_199_254_740_992, 'r', 'https://invites.example/notes', ['https://invites.example/notes'],
];
const ALGORITHMS = [
  'EdDSA', 'Ed25519', 'none', 'None', 'HS256', 'RS256', 'ES256', 'Ed448', 'eddsa', 'ED25519', '', null, 7, ['EdDSA'],
];
const TYPES = [
  'invite+jwt', 'JWT', 'INVITE+JWT', 'Invite+Jwt', 'application/invite+jwt', 'application/INVITE+JWT', 'invite', ' invite+jwt', null, 1,
];
const FOREIGN = {
  crit: ['exp'], jku: 'https://evil.example/jwks.json', jwk: { ...PRIVATE_JWK, d: undefined }, x5u: 'https://evil.example', b64: false,
  x5c: ['MIIB'], x5t: 'AAAA', cty: 'JWT', zip: 'DEF', enc: 'A256GCM', nonce: 'x', hello: 'world', __proto__x: 1,
};

// Changes of the header as an object.
const ofHeader = [
  ({ pick }, object) => { object.alg = pick(ALGORITHMS); },
  ({ pick }, object) => { object.typ = pick(TYPES); },
  ({ pick }, object) => { object.kid = pick([...VALUES, 'unknown', KID.toLowerCase(), `${KID} `]); },
  ({ pick }, object) => { const name = pick(Object.keys(FOREIGN)); object[name] = FOREIGN[name]; },
  ({ pick }, object) => { object.crit = pick([[], ['b64'], ['kid'], ['hello'], 'b64']); object.b64 = pick([true, false]); },
  ({ pick }, object) => { object[pick(['crit', 'jku', 'x5u', 'b64', 'hello'])] = pick(VALUES); },
  ({ pick }, object) => { delete object[pick(Object.keys(object))]; },
];

// Changes of the claims as an object.
const ofClaims = [
  ({ pick, below }, object) => { object[pick(['exp', 'nbf', 'iat'])] = NOW + below(400) - 200; },
  ({ pick }, object) => { object.exp = NOW + pick([-61, -60, -59, 0]); },
  ({ pick }, object) => { object.nbf = NOW + pick([59, 60, 61]); },
  ({ pick, below }, object) => { object[pick(['exp', 'nbf', 'iat'])] = pick([String(NOW), NOW + below(100) / 7, -NOW, ...VALUES]); },
  ({ pick }, object) => { object[pick(Object.keys(object))] = pick(VALUES); },
  ({ pick }, object) => { delete object[pick(Object.keys(object))]; },
  ({ pick }, object) => { object.aud = pick([`${SERVER}/plans`, `${SERVER}/notes/`, SERVER, 'notes', [object.aud], [object.aud, 'x'], []]); },
  ({ pick }, object) => { object.iss = pick(['https://evil.example', `${SERVER}/`, SERVER.toUpperCase(), 'invites.example', [SERVER]]); },
  ({ pick }, object) => { object.permissions = pick(['r', 'rw', 'arw', 'rr', 'x', '', 'R', ['r'], 1]); },
  ({ pick }, object) => { object.max_uses = pick([1, 0, -1, 1.5, '5', null, 1e20]); },
  ({ pick }, object) => { object.inviter = pick(['', 'a\nb', 'x'.repeat(300), 'Åse 測試', 7]); },
  ({ pick }, object) => { object.jti = pick(['', 'a b', 'x'.repeat(200), 'invite_2', 7]); },
  ({ pick }, object) => { object[pick(['sub', 'scope', 'x', 'toString'])] = pick(VALUES); },
  ({ chance }, object) => { if (chance(0.2)) object.padding = 'x'.repeat(3000); },
];

/** Deeply nested, and with many members. */
const deep = (depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const wide = (count) => `{${Array.from({ length: count }, (_, index) => `"${index}":0`).join()}}`;

// Changes of a JSON text, of which some leave JSON and some do not.
const ofJson = [
  ({ below, pick }, json) => splice(json, below(json.length), 1, pick([...'{}[]:,"\\ 0e.-tx\u0001'])),
  ({ below, pick }, json) => splice(json, below(json.length), 0, pick([...'{}[]:,"\\ 0e.-tx\u0001'])),
  ({ below }, json) => splice(json, below(json.length), 1),
  ({ pick }, json) => json.replace('}', `,${pick(json.slice(1, -1).split(','))}}`),
  ({ pick }, json) => json.replace('}', pick([',"\\u0061lg":"none"}', ',"e\\u0078p":1}', ',"kid":"x"}', ',"iss":"https://evil.example"}'])),
  ({ pick }, json) => pick(['\ufeff', ' ', '\n', '\t', '\r\n', '\u00a0', '/**/', ',']) + json,
  ({ pick }, json) => json + pick([' ', '\n', ',', '}', 'x', '\u0000', '{}', '\u2028']),
  (_, json) => json.replaceAll(/[,:]/g, (found) => ` ${found}\n`),
  (_, json) => json.replace(/"(\w)/, (_all, letter) => `"\\u00${letter.charCodeAt(0).toString(16)}`),
  ({ pick }, json) => json.replace('}', `,"x":${pick([
    '"\\ud83d\\udddd"', '"\\ud83d"', '"\\udddd\\ud83d"', '"\\x41"', "'a'", '01', '1.', '.5', '-0', '1e5', '1E+2', '+1', 'NaN', 'tru',
    'null', 'nul', '[1,]', '{"a":1,"a":2}', '{"a":{"b":[]}}', deep(3), deep(20), wide(10), wide(100), '"\\/"', '"\u2028"',
  ])}}`),
];

/** Bytes that are not UTF-8, in a string of a JSON text. */
const notUtf8 = ({ pick }, json) => {
  const bytes = Buffer.from(json);
  const strings = pick([[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf5, 0x80, 0x80, 0x80]]);
  const at = bytes.lastIndexOf(0x22);
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(strings), bytes.subarray(at)]);
};

/** One token and what was done to it. */
export function mutate(random) {
  const { below, chance, pick } = random;
  const kind = below(10);
  if (kind < 2) {
    let text = VALID;
    for (let count = chance(0.3) ? 2 : 1; count > 0; count--) text = pick(textual)(random, text);
    return { kind: 'text', token: text };
  }
  if (kind === 2) {
    const parts = VALID.split('.');
    const bytes = Buffer.from(parts[2], 'base64url');
    pick(ofSignature)(random, bytes);
    return { kind: 'signature', token: [parts[0], parts[1], encode(bytes)].join('.') };
  }
  const [headers, payloads] = [header(), claims()];
  const inHeader = chance(0.4);
  if (kind < 7) {
    if (inHeader) pick(ofHeader)(random, headers);
    else pick(ofClaims)(random, payloads);
    if (chance(0.1)) pick(ofClaims)(random, payloads);
    const key = chance(0.02) ? OTHER_KEY : KEY;
    return { kind: 'object', token: signed(JSON.stringify(headers), JSON.stringify(payloads), key) };
  }
  const texts = [JSON.stringify(headers), JSON.stringify(payloads)];
  const which = inHeader ? 0 : 1;
  texts[which] = chance(0.08) ? notUtf8(random, texts[which]) : pick(ofJson)(random, texts[which]);
  return { kind: 'json', token: signed(...texts) };
}
