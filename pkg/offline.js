// What needs no network. Its WebAssembly module takes texts and gives JSON; index.js loads both when they are needed.
import * as wasm from './wasm/offline.js';
export { default, initSync } from './wasm/offline.js';

let InviteError;
export const setErrorClass = (given) => void (InviteError = given);

const wrong = (code, field, message) => new InviteError(code, message, { field });

/** What the module answers, unless that is an error. */
function read(json) {
  const answer = JSON.parse(json);
  if (answer?.error) throw wrong(answer.error, answer.field, answer.message);
  return answer;
}

const text = (value) => (typeof value === 'string' ? value : (value?.href ?? ''));
const parameter = (options) => options?.param ?? 'acceptInvite';

export const inspect = (key, options) => read(wasm.inspect(text(key), parameter(options)));

export function find(given, options) {
  const { found, ...more } = read(wasm.find(text(given), parameter(options)));
  return Object.assign(found, more);
}

export const parseLink = (link, options) => read(wasm.parseLink(text(link), parameter(options)));

export const buildLink = ({ page, resource, key, in: place }, options) =>
  read(wasm.buildLink(text(page), resource ?? '', text(key), place === 'query', parameter(options))).link;

export function qrCode(link) {
  const svg = wasm.qrCode(text(link));
  if (!svg) throw wrong('invalid_option', 'link', 'The link is too long for a QR code.');
  return svg;
}

export function verifySignedKey(key, jwks, { issuer, audience, now = Date.now(), leeway = 60 } = {}) {
  if (!audience) throw wrong('invalid_option', 'audience', 'audience is missing: the address of the server, or that with a resource behind it.');
  const set = typeof jwks === 'string' ? jwks : JSON.stringify(jwks) ?? '';
  return read(wasm.verifySignedKey(text(key), set, text(issuer), text(audience), now / 1000, leeway));
}
