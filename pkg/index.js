// Loads the WebAssembly when it is needed. The rules live there; here is what must answer before it has come (see index.d.ts).
import { homes } from './home.js';
import { read } from './record.js';

const KINDS = { inv1_: 'opaque', invs1: 'signed', invt_: 'userkit', invit: 'rkvst' };

export class InviteError extends Error {
  static {
    this.prototype.name = 'InviteError';
  }
  constructor(code, message, { cause, ...more } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    Object.assign(this, { code, retryable: false }, more);
  }
}

export const isInviteError = (error) => error?.name === 'InviteError' && typeof error.code === 'string';

// A failed import() that is repeated asks the network again (HTML standard of 2026).
const loaders = {
  core: () => start(new URL('./wasm/core_bg.wasm', import.meta.url), import('./wasm/core.js')),
  offline: () => start(new URL('./wasm/offline_bg.wasm', import.meta.url), import('./wasm/offline.js')),
  find: () => start(new URL('./wasm/find_bg.wasm', import.meta.url), import('./wasm/find.js')),
  qr: () => start(new URL('./wasm/qr_bg.wasm', import.meta.url), import('./wasm/qr.js')),
  accept: () => import('./accept.js'),
  events: () => import('./events.js'),
};

/** Compiles while the glue comes. Where that is refused, say for the media type, the glue has other means. */
async function start(url, importing) {
  const module_or_path = WebAssembly.compileStreaming(fetch(url)).catch(() => fetch(url));
  module_or_path.catch(() => {}); // the glue may fail first
  const glue = await importing;
  await glue.default({ module_or_path });
  return glue;
}

export const loadWith = (others) => void Object.assign(loaders, others);

const loading = {};
const loaded = {};

const load = (part) => (loading[part] ??= loaders[part]().then(
  (glue) => {
    glue.setErrorClass?.(InviteError);
    return (loaded[part] = glue);
  },
  (cause) => {
    loading[part] = undefined;
    throw new InviteError('load_failed', `A part of invite-keys did not load (bundlers: see its README): ${cause?.message ?? cause}`, { retryable: true, cause });
  },
));

/** A call's deadline and signal count while the core is on its way, too. */
function within(promise, { signal, timeout } = {}) {
  let timer;
  return new Promise((resolve, reject) => {
    const fail = (code, message, more) => reject(new InviteError(code, message, more));
    timer = setTimeout(fail, timeout > 0 && timeout < 2 ** 31 ? timeout : 10_000, 'timeout',
      'The WebAssembly part of invite-keys did not load in time.', { retryable: true });
    signal?.addEventListener?.('abort', () => fail('aborted', 'The call was aborted.', { cause: signal.reason }));
    promise.then(resolve, reject);
  }).finally(() => clearTimeout(timer));
}

export const ready = async () => void (await Promise.all(['core', 'offline', 'find', 'qr'].map(load)));

const soon = (name, part = 'offline') => async (...args) => (await load(part))[name](...args);
const now = (name, part = 'offline') => (...args) => {
  if (loaded[part]) return loaded[part][name](...args);
  throw new InviteError('load_failed', `${name}Sync() works once ready() has resolved.`, { retryable: true });
};
export const inspect = /* @__PURE__ */ soon('inspect');
export const find = /* @__PURE__ */ soon('find', 'find');
export const parseLink = /* @__PURE__ */ soon('parseLink');
export const buildLink = /* @__PURE__ */ soon('buildLink');
export const qrCode = /* @__PURE__ */ soon('qrCode', 'qr');
export const verifySignedKey = /* @__PURE__ */ soon('verifySignedKey');
export const inspectSync = /* @__PURE__ */ now('inspect');
export const findSync = /* @__PURE__ */ now('find', 'find');
export const parseLinkSync = /* @__PURE__ */ now('parseLink');
export const buildLinkSync = /* @__PURE__ */ now('buildLink');
export const qrCodeSync = /* @__PURE__ */ now('qrCode', 'qr');
export const verifySignedKeySync = /* @__PURE__ */ now('verifySignedKey');

// Importing is harmless even where there is no EventTarget.
class Invites extends (globalThis.EventTarget ?? Object) {
  static {
    if (Symbol.dispose) this.prototype[Symbol.dispose] = function () { this.close(); };
  }
  #options;
  #connection;
  #closed;
  #unwatch;
  #home = this.#within();

  constructor(options) {
    super();
    this.#options = options;
    homes.set(this, this.#home);
  }

  #within() {
    const options = () => this.#options;
    return {
      get options() { return options(); },
      send: (...call) => this.#send(...call),
      emit: (...event) => this.#emit(...event),
      error: (...error) => new InviteError(...error),
      lockName: async (key) => (await load('core')).lockName(key),
    };
  }

  static configure(options) {
    invites.close();
    invites.#options = options;
    if (invites.#unwatch) invites.#watch(false, ['inviteused']);
  }

  #send(name, ...args) {
    const begun = performance.now();
    // Who still listens after close() watches again.
    if (this.#unwatch && !this.#closed) this.#watch(false, ['inviteused']);
    return this.#call(begun, name, args).catch((error) => {
      if (error instanceof InviteError) throw error;
      const { code, message, final, ...more } = error;
      throw Object.defineProperty(new InviteError(code, message, more), 'final', { value: final });
    });
  }

  async #call(begun, name, args) {
    const { Connection } = loaded.core ?? (await within(load('core'), args.findLast((arg) => arg?.signal || arg?.timeout) ?? this.#options));
    if (this.#closed) throw new InviteError('closed', 'This connection was closed: connect() again.');
    this.#connection ??= new Connection(this.#options, (type, detail) => (type === 'confirm' ? this.#ask(detail) : this.#emit(type, detail)));
    return this.#connection[name](performance.now() - begun, ...args);
  }

  async #ask(preview) {
    return (await load('accept')).ask(this.#home, preview);
  }

  #emit(type, detail) {
    for (const target of this === invites && globalThis.document ? [this, document] : [this]) {
      target.dispatchEvent(new CustomEvent(type, { detail }));
    }
  }

  addEventListener(...args) {
    super.addEventListener(...args);
    this.#watch(false, args);
  }

  removeEventListener(...args) {
    super.removeEventListener(...args);
    this.#watch(true, args);
  }

  #watch(gone, args) {
    if (args[0] !== 'inviteused') return;
    load('events').then(({ watch }) => (this.#unwatch = watch(this, this.#home, gone, ...args)), () => {});
  }

  create(...args) { return this.#send('create', ...args); }
  get(...args) { return this.#send('get', ...args); }
  check(...args) { return this.#send('check', ...args); }
  accept(...args) { return this.#send('accept', ...args); }
  remove(...args) { return this.#send('remove', ...args); }
  preview(...args) { return this.#send('preview', ...args); }
  members(...args) { return this.#send('members', ...args); }
  link(...args) { return this.#send('link', ...args); }
  supports(...args) { return this.#send('supports', ...args); }

  async *list(filter, call) {
    let token;
    do {
      const page = await this.#send('listPage', filter, token, call);
      yield* page.invites;
      token = page.next;
    } while (token);
  }

  get pending() {
    const record = read();
    if (!record) return null;
    const { capturedAt, resource, continueUrl, key } = record;
    return { capturedAt, resource, kind: KINDS[key.slice(0, 5)] ?? 'webstrates', continueUrl };
  }

  async acceptPending(policy, call) {
    if (policy === 'off' || !read()) return null;
    return (await load('accept')).accept(this.#home, policy, call);
  }

  install() {
    const user = globalThis.webstrate?.user;
    if (!user) throw new InviteError('unsupported', 'install() is for a page on a Webstrates server, once it has loaded: webstrate.user is not there.');
    Object.defineProperty(user, 'invites', { value: this, configurable: true, enumerable: true, writable: true });
  }

  close() {
    this.#connection?.close();
    this.#connection = undefined;
    this.#unwatch?.();
    this.#closed = this !== invites;
  }
}

export const invites = /* @__PURE__ */ new Invites();
export const connect = (options) => new Invites(options);
export const configure = (options) => Invites.configure(options);
