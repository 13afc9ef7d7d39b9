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

export const inspect = /* @__PURE__ */ soon('offline', 'inspect', 'keyOrLink, options');
export const find = /* @__PURE__ */ soon('find', 'find', 'text, options');
export const parseLink = /* @__PURE__ */ soon('offline', 'parseLink', 'link, options');
export const buildLink = /* @__PURE__ */ soon('offline', 'buildLink', 'link, options');
export const qrCode = /* @__PURE__ */ soon('qr', 'qrCode', 'link');
export const verifySignedKey = /* @__PURE__ */ soon('offline', 'verifySignedKey', 'key, jwks, options');
export const inspectSync = /* @__PURE__ */ now('offline', 'inspect', 'keyOrLink, options');
export const findSync = /* @__PURE__ */ now('find', 'find', 'text, options');
export const parseLinkSync = /* @__PURE__ */ now('offline', 'parseLink', 'link, options');
export const buildLinkSync = /* @__PURE__ */ now('offline', 'buildLink', 'link, options');
export const qrCodeSync = /* @__PURE__ */ now('qr', 'qrCode', 'link');
export const verifySignedKeySync = /* @__PURE__ */ now('offline', 'verifySignedKey', 'key, jwks, options');
