// Where we refuse what jose accepts, by design: each class with its reason and with what shows that a token is one.
// The design of keys asks for it in these words: header exactly `{"alg","kid","typ":"invite+jwt"}`; refuse `crit`, `jku`,
// `jwk`, `x5u`, `b64`, a duplicate member, padding or non-canonical base64url; a cap of 4096 bytes; and it names the claims.
// There is no class the other way round: what jose refuses we never accept.

const part = (token, index) => Buffer.from(token.split('.')[index] ?? '', 'base64url');
const decode = (bytes) => new TextDecoder().decode(bytes);
const header = (token) => JSON.parse(decode(part(token, 0)));
const claims = (token) => JSON.parse(decode(part(token, 1)));
const eitherJson = (token) => [part(token, 0), part(token, 1)];
const malformed = (verdict, reason, hint) =>
  verdict.code === 'malformed' && verdict.reason === reason && (hint === undefined || verdict.hint === hint);
const text = (value) => (typeof value === 'string' ? value : '');
const isWhole = (value) => Number.isSafeInteger(value) && value >= 0;
const depth = (value) =>
  (value !== null && typeof value === 'object' ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0);
const widest = (value) =>
  (value !== null && typeof value === 'object'
    ? Math.max(Array.isArray(value) ? 0 : Object.keys(value).length, ...Object.values(value).map(widest))
    : 0);
/** How many members all objects of a JSON text have, as written: more than parsed where one came twice. */
const written = (json) => json.replaceAll(/"(?:[^"\\]|\\.)*"\s*(:?)/g, '$1').split(':').length - 1;
const parsed = (value) =>
  (value !== null && typeof value === 'object'
    ? (Array.isArray(value) ? 0 : Object.keys(value).length) + Object.values(value).map(parsed).reduce((a, b) => a + b, 0)
    : 0);

export const STRICTER = [
  {
    name: 'white space in the text',
    why: 'base64url is canonical: one key has one text, so that it can be looked up, compared and listed by it',
    is: (verdict, token) => malformed(verdict, 'bad_character') && /\s/.test(token),
  },
  {
    name: 'padding',
    why: 'RFC 7515 has none',
    is: (verdict, token) => malformed(verdict, 'bad_character') && token.includes('=') && !/\s/.test(token),
  },
  {
    name: 'bits that belong to no byte',
    why: 'a signature would have sixteen texts',
    is: (verdict, token) => malformed(verdict, 'not_canonical') && part(token, 2).toString('base64url') !== token.split('.')[2],
  },
  {
    name: 'longer than 4096 bytes',
    why: 'the cap comes before any decoding',
    is: (verdict, token) => malformed(verdict, 'too_long') && `invs1_${token}`.length > 4096,
  },
  {
    name: 'a header member besides alg, kid and typ',
    why: 'the header is exactly these: no key, no address and no rule comes from a token',
    is: (verdict, token) =>
      malformed(verdict, 'unsupported_member') && Object.keys(header(token)).some((name) => !['alg', 'kid', 'typ'].includes(name)),
  },
  {
    name: 'no kid',
    why: 'jose takes the only key of a set; we never guess',
    is: (verdict, token) => malformed(verdict, 'missing_member', 'kid') && !('kid' in header(token)),
  },
  {
    name: 'typ spelled otherwise',
    why: '`application/` and the case of letters are allowed for media types; one spelling is enough',
    is: (verdict, token) => malformed(verdict, 'bad_member', 'typ') && /^(application\/)?invite\+jwt$/i.test(header(token).typ),
  },
  {
    name: 'a member twice',
    why: 'readers differ in which of both they take',
    is: (verdict, token) =>
      malformed(verdict, 'duplicate_member')
      && eitherJson(token).map(decode).some((json) => written(json) > parsed(JSON.parse(json))),
  },
  {
    name: 'half a surrogate pair',
    why: 'it is no character, and what becomes of it differs between readers',
    is: (verdict, token) =>
      malformed(verdict, 'not_json') && eitherJson(token).some((json) => /\\ud[89a-f]/i.test(decode(json))),
  },
  {
    name: 'a byte order mark',
    why: 'RFC 8259 has none; jose drops it',
    is: (verdict, token) =>
      malformed(verdict, 'not_json') && eitherJson(token).some((json) => json.subarray(0, 3).toString('hex') === 'efbbbf'),
  },
  {
    name: 'nested more than 8 deep',
    why: 'bounded work on any input',
    is: (verdict, token) =>
      malformed(verdict, 'not_json', 'nested too deeply') && Math.max(depth(header(token)), depth(claims(token))) > 8,
  },
  {
    name: 'more than 64 members in an object',
    why: 'bounded work on any input',
    is: (verdict, token) =>
      malformed(verdict, 'not_json', 'too many members') && Math.max(widest(header(token)), widest(claims(token))) > 64,
  },
  {
    name: 'a number that is not whole',
    why: 'seconds and uses are counted; fractions, signs, exponents and more than 2⁵³ are read differently by readers',
    is: (verdict, token) =>
      malformed(verdict, 'bad_member', 'not a whole number')
      && (['iat', 'nbf', 'exp', 'max_uses'].some((name) => name in claims(token) && !isWhole(claims(token)[name]))
        || /"(iat|nbf|exp|max_uses)"\s*:\s*-?[\d.]+[-e.E]/.test(decode(part(token, 1)))
        || /"(iat|nbf|exp|max_uses)"\s*:\s*-/.test(decode(part(token, 1)))),
  },
  {
    name: 'no use at all',
    why: 'an invite that nobody may accept is none',
    is: (verdict, token) => malformed(verdict, 'bad_member', 'max_uses') && claims(token).max_uses === 0,
  },
  {
    name: 'a list of audiences',
    why: 'an invite is for one resource',
    is: (verdict, token) => malformed(verdict, 'bad_member', 'aud') && Array.isArray(claims(token).aud),
  },
  {
    name: 'a jti that is no id',
    why: 'it is 1 to 128 printable ASCII characters; jose does not look at it',
    is: (verdict, token) => malformed(verdict, 'bad_member', 'jti') && !/^[!-~]{1,128}$/.test(text(claims(token).jti)),
  },
  {
    name: 'permissions that are none',
    why: 'they are some of a, r and w, each once; jose does not look at them',
    is: (verdict, token) =>
      malformed(verdict, 'bad_member', 'permissions') && !/^(?!.*(.).*\1)[arw]{1,3}$/.test(text(claims(token).permissions)),
  },
  {
    name: 'an inviter that cannot be shown',
    why: 'it is a text of 1 to 256 bytes without control characters; jose does not look at it',
    is: (verdict, token) => {
      const { inviter } = claims(token);
      const fine = typeof inviter === 'string' && /^[^\p{Cc}]+$/u.test(inviter) && Buffer.byteLength(inviter) <= 256;
      return malformed(verdict, 'bad_member', 'inviter') && !fine;
    },
  },
];
