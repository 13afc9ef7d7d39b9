// Bad input of every shape: an InviteError with the right code, and nothing on the wire where it can be known.
import { check, codeOf, connected, freshResource, same } from './support.js';

const HEX = 'a1b2c3d4'.repeat(8);
const LONG = 'x'.repeat(5000);
/** Texts and things that are no key. `marked` would show if a message repeated it. */
const BROKEN_KEYS = {
  'undefined': undefined, 'null': null, 'a number': 64, 'true': true, 'NaN': NaN, 'an object': {}, 'an array': [HEX], 'a function': () => HEX,
  'a symbol': Symbol('key'), 'a bigint': 12n, 'a date': new Date(0), 'an Invite without key': { id: 'invite_1' }, 'an Invite whose key is 5': { key: 5 },
  'an object whose key throws': { get key() { throw new Error('no'); } }, 'empty': '', 'a space': ' ', '63 digits': HEX.slice(1), '65 digits': `${HEX}a`,
  'upper case': HEX.toUpperCase(), 'not a hex digit': `${HEX.slice(1)}g`, 'full-width digits': '１'.repeat(64), 'a zero byte': `${HEX.slice(1)}\0`,
  'a lone surrogate': `${HEX.slice(1)}\ud800`, 'a line break inside': `${HEX.slice(0, 32)}\n${HEX.slice(32)}`, '5000 letters': LONG, 'inv1_ alone': 'inv1_',
  'inv1_ cut short': 'inv1_abcDEF123', 'inv1_ with a wrong checksum': `inv1_${'a'.repeat(36)}`, 'inv1_ with a bad letter': `inv1_${'a'.repeat(35)}-`,
  'INV1_ in upper case': `INV1_${'A'.repeat(36)}`, 'secret-token: alone': 'secret-token:', 'script': '<script>alert(1)</script>', '__proto__': '__proto__',
};
const BAD_PERMISSIONS = [false, null, 'x', '', 'rr', 'arwx', 'R', ' r', 'r ', 0, 1, NaN, true, [], ['r'], {}, () => 'r', Symbol('r'), 10n, 'r\0'];
const BAD_AGES = [0, -1, NaN, 1e12, Infinity, -Infinity, 0.5, 1.5, 2592001, '', ' ', 'abc', '1e3', '0x10', '-5', '1.5', null, false, true, {}, [60], 60n, Symbol('60'), new Date(0)];
const BAD_USES = [0, -1, NaN, 1.5, 10001, 'many', null, {}, Infinity];
const BAD_RESOURCES = ['a/b', 'a b', '', '..', `${'x'.repeat(129)}`, 'ä', 'a?b', 'a#b', 5, [], true, Symbol('doc')];

export const input = { name: 'input', tests: {} };

for (const dialect of ['webstrates', 'http']) {
  Object.assign(input.tests, {
    [`${dialect}: keys of every broken shape`]: (context) => brokenKeys(context, dialect),
    [`${dialect}: permissions of every wrong kind`]: (context) => badOptions(context, dialect, 'permissions', BAD_PERMISSIONS),
    [`${dialect}: maxAge of every wrong kind`]: (context) => badOptions(context, dialect, 'maxAge', BAD_AGES),
    [`${dialect}: resources of no valid shape`]: (context) => badResources(context, dialect),
    [`${dialect}: options that are no object, or not known`]: (context) => oddOptions(context, dialect),
    [`${dialect}: an unknown resource is refused by the server`]: (context) => unknownResource(context, dialect),
    [`${dialect}: undefined is the same as left out`]: (context) => leftOut(context, dialect),
  });
}
input.tests['http: maxUses of every wrong kind'] = (context) => badOptions(context, 'http', 'maxUses', BAD_USES);
input.tests['http: texts and extras that cannot be sent'] = badContents;
input.tests['connect: bad options reject each call, and connect itself never throws'] = badConnections;

async function silently(context, dialect, work, resource) {
  const named = resource ?? await freshResource(context);
  const { invites, log } = await connected(context, 'alice', dialect, named);
  try {
    await work(invites, named);
    same([log.sockets.length, log.sent.length, log.requests.length], [0, 0, 0], 'sockets, frames, requests');
  } finally {
    invites.close();
  }
}

function brokenKeys(context, dialect) {
  return silently(context, dialect, async (invites) => {
    for (const [name, key] of Object.entries(BROKEN_KEYS)) {
      for (const call of ['check', 'accept', 'remove']) {
        // An Invite is removed by its id where the dialect can.
        if (call === 'remove' && name === 'an Invite without key') continue;
        const error = await invites[call](key).then(() => null, (error) => error);
        check(error?.name === 'InviteError', `${call}(${name}): ${error?.name ?? 'no error'} ${error?.message ?? ''}`);
        const allowed = typeof key === 'string' ? ['malformed_key'] : ['malformed_key', 'invalid_option'];
        check(allowed.includes(error.code), `${call}(${name}): ${error.code}`);
        if (typeof key === 'string' && key.length > 8) check(!error.message.includes(key), `${call}(${name}): the message repeats it`);
        if (dialect === 'webstrates' && error.code === 'malformed_key') check(error.message.startsWith('Invalid invitation key'), `${call}(${name}): ${error.message}`);
      }
    }
  });
}

function badOptions(context, dialect, field, values) {
  return silently(context, dialect, async (invites) => {
    for (const value of values) {
      const error = await invites.create({ [field]: value }).then(() => null, (error) => error);
      const shown = `${field}: ${typeof value === 'string' ? JSON.stringify(value) : String(value)}`;
      check(error?.name === 'InviteError' && error.code === 'invalid_option', `${shown}: ${error ? `${error.code ?? error.name} ${error.message}` : 'no error'}`);
      same(error.field, field, `${shown}: field`);
      check(error.message.toLowerCase().includes(field.toLowerCase()), `${shown}: the message does not name ${field}`);
    }
  });
}

function badResources(context, dialect) {
  return silently(context, dialect, async (invites) => {
    for (const resource of BAD_RESOURCES) {
      for (const call of [() => invites.create({}, resource), () => invites.get(resource)]) {
        same(await codeOf(call(), context.sdk), 'invalid_option', `resource ${String(resource)}`);
      }
    }
  });
}

function oddOptions(context, dialect) {
  return silently(context, dialect, async (invites) => {
    for (const options of ['r', 5, true, [], () => {}, Symbol('r')]) {
      same(await codeOf(invites.create(options), context.sdk), 'invalid_option', `create(${String(options)})`);
    }
    for (const options of [{ maxage: 60 }, { permission: 'r' }, { permissions: 'r', expires: 5 }]) {
      same(await codeOf(invites.create(options), context.sdk), 'invalid_option', `create(${JSON.stringify(options)})`);
    }
    const trap = { get permissions() { throw new Error('no'); } };
    same(await codeOf(invites.create(trap), context.sdk), 'invalid_option', 'create(an object that throws)');
  });
}

async function unknownResource(context, dialect) {
  const ghost = `ghost-${context.run}`;
  let resource = await freshResource(context);
  if (dialect === 'webstrates') {
    // An access token counts for one webstrate: who speaks of another one there is nobody.
    const { invites } = await connected(context, 'alice', dialect, resource);
    same(await codeOf(invites.get(ghost), context.sdk), 'not_signed_in', 'the code elsewhere');
    invites.close();
    resource = ghost;
  }
  const { invites } = await connected(context, 'alice', dialect, resource);
  const key = '0'.repeat(64);
  const calls = [invites.create({}, ghost), invites.get(ghost), invites.check(key, ghost), invites.accept(key, ghost)];
  const codes = await Promise.all(calls.map((call) => codeOf(call, context.sdk)));
  same(codes, ['not_admin', 'not_admin', 'invalid_key', 'invalid_key'], 'codes');
  invites.close();
}

async function leftOut(context, dialect) {
  const resource = await freshResource(context);
  const { invites } = await connected(context, 'alice', dialect, resource);
  const nothing = undefined;
  for (const make of [() => invites.create(), () => invites.create(nothing), () => invites.create({}), () => invites.create(nothing, nothing, nothing),
    () => invites.create({ permissions: nothing, maxAge: nothing, maxUses: nothing }), () => invites.create({}, { timeout: 5000 })]) {
    const invite = await make();
    context.keep(invite.key);
    same([invite.permissions, Date.parse(invite.expiresAt) - Date.parse(invite.createdAt)], ['r', 604800000], 'defaults');
  }
  same((await invites.get(nothing, { timeout: 5000 })).length, 6, 'listed');
  same((await invites.get({ timeout: 5000 })).length, 6, 'listed, options in the place left out');
  invites.close();
}

function badContents(context) {
  return silently(context, 'http', async (invites) => {
    const circle = {};
    circle.self = circle;
    for (const [field, values] of Object.entries({
      message: [5, null, {}, 'm'.repeat(1001)], label: [5, null, {}],
      extras: [circle, () => {}, Symbol('x'), 10n, { deep: 10n }, 'e'.repeat(9000)],
    })) {
      for (const value of values) same(await codeOf(invites.create({ [field]: value }), context.sdk), 'invalid_option', `${field}: ${typeof value}`);
    }
  });
}

async function badConnections(context) {
  const { connect } = context.sdk;
  for (const options of [{ server: 'not a URL' }, { server: 5 }, { server: 'ftp://example.com' }, { dialect: 'smoke' }, { dialect: 5 }, { resource: 'a/b' },
    { resource: 5 }, { timeout: -1 }, { timeout: 'x' }, { fetch: 5 }, { WebSocket: 'x' }, { auth: 'x' }, { auth: { bearer: 5 } }, 5, 'x']) {
    const full = typeof options === 'object' ? { server: context.world.server, dialect: 'http', resource: 'doc', ...options } : options;
    const invites = connect(full);
    const shown = JSON.stringify(options);
    same(await codeOf(invites.get(), context.sdk), 'invalid_option', shown);
    invites.close();
  }
  const thrown = connect({ server: context.world.server, dialect: 'http', resource: 'doc', auth: { bearer: () => { throw new Error('no token today'); } } });
  check(await codeOf(thrown.get(), context.sdk) !== null, 'a bearer that throws');
  thrown.close();
}
