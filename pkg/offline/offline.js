// Keys, links and signed keys. The module takes texts and gives JSON; here is what JavaScript knows better.
import * as glue from '../wasm/raw/offline.js';
import { parameter, setErrorClass, text, wrong } from './shared.js';

export { default, initSync } from '../wasm/raw/offline.js';
export { setErrorClass };
export const verifySignature = (...args) => glue.verifySignature(...args); // for tests

/** What the module answers, unless that is an error. */
function read(json) {
  const answer = JSON.parse(json);
  if (answer?.error) throw wrong(answer.error, answer.field, answer.message);
  return answer;
}

export const inspect = (key, options) => read(glue.inspect(text(key), parameter(options)));

export const parseLink = (link, options) => read(glue.parseLink(text(link), parameter(options)));

export const buildLink = ({ page, resource, key, in: place }, options) =>
  read(glue.buildLink(text(page), resource ?? '', text(key), place === 'query', parameter(options))).link;

export function verifySignedKey(key, jwks, { issuer, audience, now = Date.now(), leeway = 60 } = {}) {
  if (!audience) throw wrong('invalid_option', 'audience', 'audience is missing: the address of the server, or that with a resource behind it.');
  const set = typeof jwks === 'string' ? jwks : JSON.stringify(jwks) ?? '';
  return read(glue.verifySignedKey(text(key), set, text(issuer), text(audience), now / 1000, leeway));
}
