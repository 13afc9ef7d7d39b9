// Keys, links and signed keys. The module takes texts and gives JSON; here is what JavaScript knows better.
import * as glue from '../wasm/raw/offline.js';
import { members, needed, parameter, read, text } from './shared.js';

export { initSync } from '../wasm/raw/offline.js';
export { build } from '../wasm/raw/offline.build.js';
export const verifySignature = (...args) => glue.verifySignature(...args); // for tests

export const inspect = (key, options) => read(glue.inspect(text(key), parameter(options)));

export const parseLink = (link, options) => read(glue.parseLink(needed(link, 'link'), parameter(options)));

export function buildLink(link, options) {
  const [page, resource, key, place] = members(link, 'link', 'page', 'resource', 'key', 'in');
  return read(glue.buildLink(
    needed(page, 'page'),
    resource == null ? undefined : needed(resource, 'resource'),
    text(key),
    text(place),
    parameter(options),
  )).link;
}

/** A number, or a date in milliseconds; NaN, which the module refuses, of anything else. */
function number(value) {
  try {
    return typeof value === 'number' ? value : Date.prototype.getTime.call(value);
  } catch {
    return NaN;
  }
}

export function verifySignedKey(key, jwks, options) {
  const [issuer, audience, now = Date.now(), leeway = 60] = members(options, 'options', 'issuer', 'audience', 'now', 'leeway');
  let set = jwks;
  try {
    if (typeof jwks !== 'string') set = JSON.stringify(jwks);
  } catch {} // what JSON cannot hold is no JWK set
  return read(glue.verifySignedKey(
    text(key),
    text(set),
    issuer === undefined ? undefined : text(issuer),
    text(audience),
    number(now),
    typeof leeway === 'number' ? leeway : NaN,
  ));
}
