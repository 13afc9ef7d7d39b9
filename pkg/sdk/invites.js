// What a page holds of a server: calls, events, and the invite that its address brought. The rules are in the core.
import { InviteError, standing } from './error.js';
import { homes } from './home.js';
import { kindOf } from './kinds.js';
import { load, now } from './load.js';
import { define, method } from './method.js';
import { looksLikeCall, sorted } from './options.js';
import { page } from './page.js';
import { read } from './record.js';
import { Server } from './server.js';
import { weak } from './weak.js';

/** The calls and what they take. */
const CALLS = {
  create: 'options, webstrateId, call',
  get: 'webstrateId, call',
  check: 'key, webstrateId, call',
  accept: 'key, webstrateId, call',
  remove: 'key, webstrateId, call',
  preview: 'key, call',
  link: 'invite, options, call',
  supports: 'feature, call',
};

/** What comes page by page: the core's call for a page, and what is on it. */
const LISTS = [['list', 'listPage', 'invites'], ['members', 'members', 'members']];

/** Importing is harmless even where there is none of this. */
const Target = globalThis.EventTarget ?? Object;

class Invites extends Target {
  static name = 'Invites';
  static {
    if (Symbol.dispose) this.prototype[Symbol.dispose] = function () { this.close(); };
  }
  #server;
  /** This one, and those of earlier for as long as a call of theirs is under way. */
  #servers = [];
  #home;
  /** Listeners for `inviteused` that came and went, until events.js is there to hear of them. */
  #heard = [];
  #unwatch;
  /** What ends the wait for it. */
  #stops = new Set();

  constructor(options) {
    super();
    this.#open(options);
    this.#home = this.#within();
    homes.set(this, this.#home);
    const own = {
      install: method('install', '', (self) => this.#install(standing(self))),
      close: method('close', '', () => this.#close()),
    };
    for (const [name, takes] of Object.entries(CALLS)) own[name] = method(name, takes, (self, ...args) => this.#call(self, name, args));
    for (const [name, page, items] of LISTS) {
      own[name] = method(name, 'filter, call', (self, filter, call) => this.#list(this.#wake(), standing(self), page, items, ...sorted(filter, call, looksLikeCall)));
    }
    own.member = method('member', 'user, resource, call', (self, user, ...place) => this.#member(self, 'member', user, {}, ...place).catch((error) => {
      if (error.code !== 'not_found') throw error;
      return null;
    }));
    own.setMember = method('setMember', 'user, permissions, resource, call', (self, user, permissions, ...place) => this.#member(self, 'setMember', user, { permissions: permissions ?? null }, ...place));
    own.acceptPending = method('acceptPending', 'policy, call', (self, ...args) => this.#acceptPending(standing(self), ...sorted(...args)));
    for (const name of ['addEventListener', 'removeEventListener']) {
      own[name] = method(name, 'type, listener, options', (_, ...args) => {
        super[name](...args);
        if (args[0] === 'inviteused') this.#watch(name === 'removeEventListener', ...args);
      });
    }
    own.dispatchEvent = method('dispatchEvent', 'event', (_, event) => super.dispatchEvent(event));
    for (const [name, value] of Object.entries(own)) define(this, name, value, { enumerable: true });
  }

  static configure(options) {
    invites.#unwatch?.();
    invites.#open(options);
    invites.#wake();
  }

  #open(options) {
    const place = {};
    this.#server = new Server(options, Invites.#emitTo(weak(this), place));
    place.server = weak(this.#server);
    this.#servers = [...this.#servers.filter((server) => server.deref()), weak(this.#server)];
  }

  /** The core holds what this gives: with a strong reference in it a handle that nobody holds would never be collected. */
  static #emitTo(self, place) {
    return (type, detail) => {
      if (type in page) return page[type](detail);
      return type === 'confirm' ? load('accept').then(({ ask }) => ask(place.server.deref(), detail)) : self.deref()?.#emit(type, detail);
    };
  }

  /** For the package's other files; with the `server` of a call's moment they go on with that one. */
  #within(server) {
    const here = () => server ?? this.#server;
    return {
      get server() { return here(); },
      send: (...call) => here().send(...call),
      emit: (type, detail) => this.#emit(type, detail),
    };
  }

  #emit(type, detail) {
    if (type === 'inviteused') detail.at ??= new Date().toISOString();
    if (type === 'invitewarning') console.warn(`invite-keys: ${detail.message}`);
    for (const target of this === invites && globalThis.document ? [this, document] : [this]) {
      target.dispatchEvent(new CustomEvent(type, { detail }));
    }
  }

  /** The server that a call is made of from now on. */
  #wake() {
    if (this.#unwatch || this.#heard.length) this.#watch();
    return this.#server;
  }

  async #call(self, name, args) {
    const error = standing(self);
    try {
      return await this.#wake().send(name, ...args);
    } catch (thrown) {
      throw error(thrown);
    }
  }

  /** Of one person. */
  async #member(self, name, user, change, ...place) {
    const [resource, call] = sorted(...place);
    return this.#call(self, name, [{ user: user ?? null, resource, ...change }, call]);
  }

  async *#list(server, error, page, items, filter, call) {
    const began = now();
    try {
      const { everyPage } = await server.load('lists', began, call);
      yield* everyPage(server, began, page, items, filter, call);
    } catch (thrown) {
      throw error(thrown);
    }
  }

  get [Symbol.toStringTag]() {
    return 'Invites';
  }

  get pending() {
    const record = read();
    if (!record) return null;
    const { capturedAt, resource, continueUrl, key } = record;
    return { capturedAt, resource, kind: kindOf(key), continueUrl };
  }

  async #acceptPending(error, policy, call) {
    if (policy === 'off' || !read()) return null;
    const began = now();
    const server = this.#wake();
    try {
      const { accept } = await server.load('accept', began, call);
      return await accept(this.#within(server), began, policy, call);
    } catch (thrown) {
      throw error(thrown);
    }
  }

  /** Tells events.js of a listener that came or is `gone`; those it knows of are heard again, if they are not. */
  async #watch(...one) {
    this.#heard.push(one);
    if (this.#stops.size) return; // it is on its way
    try {
      const { watch } = await load('events', { endless: true, stops: this.#stops });
      for (const one of this.#heard.splice(0)) this.#unwatch = watch(this, this.#home, ...one);
    } catch {} // the next call tries again
  }

  #install(error) {
    try {
      define(globalThis.webstrate.user, 'invites', this, { enumerable: true });
    } catch {
      throw error(new InviteError('unsupported', 'install() is for a page on a Webstrates server, once it has loaded: webstrate.user is not there, or takes nothing new.'));
    }
  }

  #close() {
    for (const server of this.#servers) server.deref()?.close();
    this.#unwatch?.();
    for (const stop of this.#stops) stop();
    if (this === invites) this.#open(this.#server.options);
    else this.#heard = [];
  }
}

export const invites = /* @__PURE__ */ new Invites();
export const connect = /* @__PURE__ */ method('connect', 'options', (_, options) => new Invites(options));
export const configure = /* @__PURE__ */ method('configure', 'options', (_, options) => Invites.configure(options));
