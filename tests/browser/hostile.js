// What a page, or a program, may hand over that no one should: run in Chromium and in Node by hostile.test.mjs.

const never = () => new Promise(() => {});
const throws = (what) => () => { throw what; };
const response = (body, init) => async () => new Response(body, { headers: { 'Content-Type': 'application/json' }, ...init });
const RECORD = 'invite-keys:pending';

/** In place of `fetch`. */
const FETCHES = {
  hangs: never,
  'throws an Error': throws(new TypeError('mine')),
  'throws a text': throws('mine'),
  'throws nothing': throws(undefined),
  'rejects with an Error': async () => { throw new Error('mine'); },
  'rejects with null': async () => { throw null; }, // eslint-disable-line no-throw-literal
  'rejects with a frozen object': async () => { throw Object.freeze({ code: 'aborted' }); }, // eslint-disable-line no-throw-literal
  'answers undefined': async () => undefined,
  'answers at once, a number': () => 42,
  'answers a bare object': async () => ({}),
  'answers itself': async () => { const answer = {}; answer.body = answer.headers = answer; return answer; },
  'answers ok without a body': async () => ({ ok: true, status: 200, headers: { get: () => 'application/json' }, text: async () => undefined }),
  'answers headers that throw': async () => ({ ok: true, status: 200, headers: { get: throws('mine') }, text: async () => '{}' }),
  'answers a status that is none': async () => ({ ok: true, status: 'yes', headers: new Headers(), text: async () => '{}' }),
  'answers HTML': response('<!doctype html>', { headers: { 'Content-Type': 'text/html' } }),
  'answers cut JSON': response('{"invite-keys": 1, "dial'),
  'answers null': response('null'),
  'answers a deep list': response('['.repeat(100_000)),
  'answers a prototype': response('{"__proto__": {"key": "x"}, "constructor": 1, "invite-keys": 1, "dialects": {"http": {"__proto__": 1}}}'),
  'answers a body that stalls': async () => new Response(new ReadableStream({ pull: never }), { headers: { 'Content-Type': 'application/json' } }),
  'answers a body that breaks': async () => new Response(new ReadableStream({ start(controller) { controller.error('mine'); } })),
  'answers a proxy that throws': async () => new Proxy({}, { get: (_, name) => { if (name === 'then') return undefined; throw new Error('mine'); } }),
  'answers a thenable that throws': () => ({ then: throws('mine') }),
};

/** In place of a bearer. */
const BEARERS = {
  hangs: never,
  'throws an Error': throws(new Error('mine')),
  'throws a text': throws('mine'),
  'rejects with nothing': async () => { throw undefined; }, // eslint-disable-line no-throw-literal
  'gives a number': () => 42,
  'gives an empty text': () => '',
  'gives two lines': () => 'a\r\nX-Mine: 1',
  'gives letters that no header takes': () => 'schlüssel',
  'gives itself': () => { const one = {}; one.one = one; return one; },
  'gives a thenable that throws': () => ({ then: throws(null) }),
};

/** In place of `WebSocket`. */
class Socket extends EventTarget {
  constructor() {
    super();
    this.readyState = 0;
    this.constructor.begin(this);
  }
  send() {}
  close() {}
  tell(type, detail = {}) {
    const event = Object.assign(new Event(type), detail);
    this.dispatchEvent(event);
    this[`on${type}`]?.(event);
  }
}
const socket = (begin, more = {}) => Object.assign(class extends Socket { static begin = begin; }, more);
const opened = (then) => socket((one) => setTimeout(() => {
  one.readyState = 1;
  one.tell('open');
  then(one);
}));
const SOCKETS = {
  'never opens': socket(() => {}),
  'throws when made': class { constructor() { throw 'mine'; } }, // eslint-disable-line no-throw-literal
  'is a bare function': function () {}, // eslint-disable-line func-names
  'opens and is silent': opened(() => {}),
  'closes at once': socket((one) => setTimeout(() => one.tell('close', { code: 1006 }))),
  'fails at once': socket((one) => setTimeout(() => one.tell('error'))),
  'tells nonsense': opened((one) => {
    for (const data of ['', 'x', '[]', '{"wa":"reply"}', '{"a":"init"}', '{"wa":"reply","token":"0","reply":{"__proto__":1}}', undefined, 42, new ArrayBuffer(8), null]) one.tell('message', { data });
  }),
  'cannot send': opened((one) => { one.send = throws('mine'); }),
};

/** In place of a policy. Those that never answer are ended by `close()`. */
const POLICIES = {
  hangs: never,
  'throws an Error': throws(new Error('mine')),
  'throws nothing': throws(undefined),
  'rejects with a text': async () => { throw 'mine'; }, // eslint-disable-line no-throw-literal
  'answers with a thenable that throws': () => ({ then: throws('mine') }),
  'answers with a thenable that hangs': () => ({ then() {} }),
  'closes the connection': ({}, invites) => { invites.close(); return true; }, // eslint-disable-line no-empty-pattern
};

const CALLS = {
  create: (invites, key, call) => invites.create({ permissions: 'r' }, undefined, call),
  get: (invites, key, call) => invites.get(undefined, call),
  check: (invites, key, call) => invites.check(key, undefined, call),
  preview: (invites, key, call) => invites.preview(key, call),
  accept: (invites, key, call) => invites.accept(key, undefined, call),
  remove: (invites, key, call) => invites.remove('ab'.repeat(32), undefined, call),
  members: async (invites, key, call) => { for await (const member of invites.members({}, call)) return member; return null; },
  member: (invites, key, call) => invites.member('bob:test', undefined, call),
  setMember: (invites, key, call) => invites.setMember('bob:test', 'r', undefined, call),
  link: (invites, key, call) => invites.link(key, {}, call),
  supports: (invites, key, call) => invites.supports('maxUses', call),
  list: async (invites, key, call) => { for await (const invite of invites.list({}, call)) return invite; return null; },
};

/** The same numbers again for the same seed (mulberry32). */
export function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const { setTimeout: later, clearTimeout: forget } = globalThis;
/** Much longer than any deadline given here. */
const FOR_EVER = 60_000;

/** What became of a call: `ok`, a code of the closed set, or what is wrong. */
async function outcome(promise, { isInviteError, codes }) {
  let timer;
  const hung = new Promise((resolve) => { timer = later(() => resolve('HUNG'), FOR_EVER); });
  const settled = Promise.resolve(promise).then(() => 'ok', (error) => {
    if (!isInviteError(error)) return `NO InviteError: ${error}`;
    return codes.includes(error.code) ? error.code : `UNKNOWN CODE: ${error.code}`;
  });
  const what = await Promise.race([settled, hung]);
  forget(timer);
  return what;
}

const isWrong = (what) => /^[A-Z]/.test(what);

/** Every call with every hostile thing; gives what went wrong. */
export async function everyHostility(world) {
  const { connect, server, resource, bearer, key } = world;
  const call = { timeout: 600 };
  const options = { server, resource, auth: { bearer } };
  const wrong = [];
  const among = async (what, given) => {
    const invites = connect(given);
    const outcomes = await Promise.all(Object.entries(CALLS).map(async ([name, make]) => [name, await outcome(make(invites, key, call), world)]));
    for (const [name, got] of outcomes) if (isWrong(got)) wrong.push(`${what}: ${name}: ${got}`);
    invites.close();
  };
  const all = [];
  for (const dialect of ['http', 'webstrates', undefined]) {
    for (const [what, fetch] of Object.entries(FETCHES)) all.push([`fetch ${what} (${dialect})`, { ...options, dialect, fetch }]);
    for (const [what, given] of Object.entries(BEARERS)) all.push([`bearer ${what} (${dialect})`, { ...options, dialect, auth: { bearer: given } }]);
  }
  for (const [what, WebSocket] of Object.entries(SOCKETS)) {
    all.push([`WebSocket ${what}`, { ...options, dialect: 'webstrates', auth: undefined, WebSocket }]);
  }
  while (all.length) await Promise.all(all.splice(0, 12).map((one) => among(...one)));
  return wrong;
}

/** What waits is accepted by hostile policies. Each ends with its call. */
export async function everyPolicy(world) {
  const { connect, server, resource, bearer, key, storage } = world;
  const wrong = [];
  for (const [what, policy] of Object.entries(POLICIES)) {
    for (const end of ['close', 'abort']) {
      storage.setItem(RECORD, JSON.stringify({ key, resource, capturedAt: new Date(), continueUrl: 'http://127.0.0.1/', via: 'fragment' }));
      const invites = connect({ server, resource, auth: { bearer }, dialect: 'http' });
      const stop = new AbortController();
      let asked;
      const asking = new Promise((resolve) => { asked = resolve; });
      const accepting = invites.acceptPending((preview) => {
        later(asked);
        return policy(preview, invites);
      }, { signal: stop.signal });
      await Promise.race([asking, accepting.catch(() => {})]);
      if (end === 'close') invites.close();
      else stop.abort();
      const got = await outcome(accepting, world);
      if (isWrong(got)) wrong.push(`policy ${what}, ${end}: ${got}`);
      invites.close();
    }
  }
  storage.removeItem(RECORD);
  return wrong;
}

/** `count` calls in any order with aborts, closes and configures in between. */
export async function anyOrder(world, { seed, count }) {
  const { connect, configure, invites: ofThisPage, server, resource, bearer, key } = world;
  const chance = seeded(seed);
  const pick = (list) => list[Math.floor(chance() * list.length)];
  const options = () => ({ server, resource, auth: { bearer: pick([bearer, () => bearer, async () => bearer]) }, dialect: pick(['http', 'http', 'webstrates']) });
  configure(options());
  let handle = connect(options());
  const wrong = [];
  const running = new Set();
  const listener = () => {};
  for (let number = 0; number < count; number += 1) {
    const action = chance();
    const invites = chance() < 0.5 ? handle : ofThisPage;
    if (action < 0.05) invites.close();
    else if (action < 0.08) configure(options());
    else if (action < 0.14) {
      handle.close();
      handle = connect(options());
    }
    else if (action < 0.17) invites[pick(['addEventListener', 'removeEventListener'])]('inviteused', listener);
    else {
      const stop = new AbortController();
      const name = pick(Object.keys(CALLS).filter((each) => each !== 'create'));
      const call = { timeout: pick([1, 30, 5000]), signal: stop.signal };
      const when = chance();
      if (when < 0.1) stop.abort(pick([undefined, null, 'mine', new Error('mine')]));
      const promise = outcome(CALLS[name](invites, key, call), world).then((got) => {
        if (isWrong(got)) wrong.push(`seed ${seed}, ${number}: ${name}: ${got}`);
        running.delete(promise);
      });
      running.add(promise);
      if (when > 0.1 && when < 0.5) later(() => stop.abort(), when * 40);
    }
    if (chance() < 0.2) await new Promise((resolve) => { later(resolve, chance() * 5); });
    if (running.size > 40) await Promise.race(running);
  }
  await Promise.all(running);
  handle.close();
  ofThisPage.removeEventListener('inviteused', listener);
  ofThisPage.close();
  return wrong;
}

/** Counts what is not given back: timers, and listeners of signals and of the page. Call it before the SDK is loaded. */
export function counting() {
  const timers = new Set();
  const listeners = new Map();
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  globalThis.setTimeout = (then, after, ...args) => {
    const timer = later(() => {
      timers.delete(timer);
      then(...args);
    }, after);
    timers.add(timer);
    return timer;
  };
  globalThis.clearTimeout = (timer) => {
    timers.delete(timer);
    forget(timer);
  };
  const counted = (target) => target instanceof AbortSignal || target === globalThis || target === globalThis.document;
  EventTarget.prototype.addEventListener = function (type, listener, how) {
    const target = this ?? globalThis;
    if (counted(target)) listeners.set(target, (listeners.get(target) ?? new Set()).add(listener));
    return addEventListener.call(target, type, listener, how);
  };
  EventTarget.prototype.removeEventListener = function (type, listener, how) {
    const target = this ?? globalThis;
    listeners.get(target)?.delete(listener);
    return removeEventListener.call(target, type, listener, how);
  };
  return () => ({
    timers: timers.size,
    listeners: [...listeners].reduce((sum, [target, its]) => sum + (target.aborted ? 0 : its.size), 0),
  });
}
