// What can be said of keys, links and texts without a server, each by the module that has it.
import { failed, standing } from './error.js';
import { load, loaded } from './load.js';
import { method } from './method.js';

const soon = (part, name, takes) => method(name, takes, async (self, ...args) => {
  const error = standing(self);
  try {
    return (loaded(part) ?? await load(part))[name](...args);
  } catch (thrown) {
    throw error(thrown);
  }
});

const now = (part, name, takes) => method(`${name}Sync`, takes, (self, ...args) => {
  const error = standing(self);
  if (!loaded(part)) throw error(failed(`${name}Sync() works once ready() has resolved.`));
  try {
    return loaded(part)[name](...args);
  } catch (thrown) {
    throw error(thrown);
  }
});

const both = (...call) => [soon(...call), now(...call)];

export const [inspect, inspectSync] = both('offline', 'inspect', 'keyOrLink, options');
export const [find, findSync] = both('find', 'find', 'text, options');
export const [parseLink, parseLinkSync] = both('offline', 'parseLink', 'link, options');
export const [buildLink, buildLinkSync] = both('offline', 'buildLink', 'link, options');
export const [qrCode, qrCodeSync] = both('qr', 'qrCode', 'link');
export const [verifySignedKey, verifySignedKeySync] = both('offline', 'verifySignedKey', 'key, jwks, options');
