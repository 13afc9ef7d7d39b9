// index.d.ts against the code: each default that it documents, each member of what is passed in and of what comes out.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { before, mock, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { WebSocket } from 'ws';
import { freshResource, setMember, signIn, startServer } from '../support/server.mjs';
import { packageFolder } from './support/package.mjs';
import { suite } from './support/suite.mjs';

const all = suite();
const declared = await readFile(join(packageFolder, 'index.d.ts'), 'utf8');
const sdk = await import(pathToFileURL(join(packageFolder, 'node.js')));

/** The members of an interface: whether they have to be there, and the default where one is documented. */
function membersOf(name) {
  const block = new RegExp(`^export interface ${name}\\b[^]*?\\{\\n([^]*?)^\\}`, 'm').exec(declared)?.[1];
  assert.ok(block, name);
  const members = new Map();
  for (const [, comment, member, optional] of block.matchAll(/^ {2}\/\*\*([^]*?)\*\/\n {2}(?:readonly )?(\w+)(\??):/gm)) {
    members.set(member, { required: !optional, documented: /@defaultValue (.*)/.exec(comment)?.[1] });
  }
  return members;
}
const interfaces = [...declared.matchAll(/^export interface (\w+)/gm)].map(([, name]) => name);
const union = (name) => [...new RegExp(`^export type ${name} =([^;]*);`, 'm').exec(declared)[1].matchAll(/'([\w-]+)'/g)].map(([, each]) => each);

let server, resource, admin, guest;
/** Requests as they were made, whatever shape they were given to `fetch` in. */
const asked = [];
const observed = async (...given) => {
  const request = new Request(...given);
  asked.push({ url: request.url, credentials: request.credentials, body: request.body && JSON.parse(await request.clone().text()), idempotencyKey: request.headers.get('idempotency-key') });
  return fetch(request);
};
before(async () => {
  server = await startServer();
  all.after(() => server.stop());
  resource = freshResource();
  await setMember(server.url, resource, 'alice', 'arw');
  [admin, guest] = await Promise.all(['alice', 'bob'].map((name) => signIn(server.url, name)));
});

const http = (more) => ({ server: server.url, dialect: 'http', resource, auth: { bearer: admin.bearer }, fetch: observed, ...more });
async function webstrates({ bearer } = admin) {
  const minted = await fetch(`${server.url}/${resource}/`, { method: 'POST', headers: { Authorization: `Bearer ${bearer}` }, body: new URLSearchParams({ token: '300' }) });
  return { server: server.url, dialect: 'webstrates', resource, auth: { bearer: (await minted.json()).token }, WebSocket };
}
const code = (promise) => promise.then(() => 'answered', (error) => error.code);
const latest = () => asked.at(-1);

/** How long a call waits where nobody says, by a clock that the test turns. */
async function deadline(options, call) {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    let sent;
    const asked = new Promise((resolve) => { sent = resolve; });
    const hangs = () => { sent(); return new Promise(() => {}); };
    const end = code(sdk.connect(http({ fetch: hangs, ...options })).get(undefined, call));
    await asked;
    let settled = false;
    end.then(() => { settled = true; });
    let waited = 0;
    // What passed before it was sent counts, too: by steps, so that a millisecond more or less is none.
    for (; !settled && waited < 60_000; waited += 500) {
      mock.timers.tick(500);
      await new Promise(setImmediate);
    }
    return [await end, waited];
  } finally {
    mock.timers.reset();
  }
}

/** What the code does where an option is left out, for each default that is documented. */
const defaults = {
  'CreateOptions.permissions': async () => {
    const { permissions } = await sdk.connect(http()).create();
    assert.equal(latest().body.permissions, permissions);
    return `'${permissions}'`;
  },
  'CreateOptions.maxAge': async () => {
    const { createdAt, expiresAt } = await sdk.connect(http()).create();
    const seconds = (Date.parse(expiresAt) - Date.parse(createdAt)) / 1000;
    assert.equal(latest().body.maxAge, seconds);
    return seconds;
  },
  'CreateOptions.signed': async () => {
    const { key } = await sdk.connect(http()).create();
    return (await sdk.inspect(key)).kind === 'signed';
  },
  'CreateOptions.send': async () => {
    await sdk.connect(http()).create();
    return latest().body.send ?? false;
  },
  'CallOptions.timeout': async () => (await deadline({}, undefined))[1],
  'ConnectOptions.timeout': async () => {
    assert.deepEqual(await deadline({ timeout: 3000 }), ['timeout', 3000]);
    return (await deadline({}))[1];
  },
  'ListFilter.everyone': async () => {
    await sdk.connect(http()).list().next();
    return new URL(latest().url).searchParams.get('everyone') ?? false;
  },
  'LinkOptions.in': async () => {
    const link = async (options) => (await sdk.parseLink(await sdk.connect(options).link('ab'.repeat(32)))).in;
    return `'${await link(await webstrates())}'\` on Webstrates, whose server accepts from there; else \`'${await link(http())}'`;
  },
  'LinkOptions.param': async () => /[#&?](\w+)=/.exec(await sdk.connect(http()).link('ab'.repeat(32)))[1].replace(/.*/, "'$&'"),
  'ConnectOptions.credentials': async () => {
    const used = async (auth) => {
      await code(sdk.connect(http({ auth })).get());
      return latest().credentials;
    };
    return `'${await used({ bearer: admin.bearer })}'\` with a bearer, else \`'${await used(undefined)}'`;
  },
  'ParseOptions.param': async () => /[#&?](\w+)=/.exec(await sdk.buildLink({ page: 'https://example.com/', key: 'ab'.repeat(32), in: 'fragment' }))[1].replace(/.*/, "'$&'"),
  'VerifyOptions.now': async () => {
    const { verify } = await signed();
    assert.equal(await verify({}), 'authentic');
    return 'Date.now()';
  },
  'VerifyOptions.leeway': async () => {
    const { verify, expires } = await signed();
    for (let leeway = 0; leeway < 600; leeway += 1) if (await verify({ now: expires + leeway * 1000 }) === 'expired') return leeway;
    return undefined;
  },
};

/** A signed key of the server's, and the verdict on it. */
async function signed() {
  const { key } = await sdk.connect(http()).create({ signed: true });
  const { expiresAt } = (await sdk.inspect(key)).unverifiedClaims;
  const jwks = await (await fetch(`${server.url}/.well-known/jwks.json`)).text();
  const audience = `${server.url}/${resource}`;
  return { expires: Date.parse(expiresAt), verify: async (options) => (await sdk.verifySignedKey(key, jwks, { audience, ...options })).verdict };
}

const documented = interfaces.flatMap((name) => [...membersOf(name)].filter(([, { documented }]) => documented).map(([member, { documented }]) => [`${name}.${member}`, documented]));
for (const [where, text] of documented) {
  test(`the default of ${where}`, async () => {
    assert.ok(defaults[where], `index.d.ts documents a default that nothing here proves: ${where}`);
    const real = String(await defaults[where]());
    const [head] = text.split(/, (?=a week|as )/);
    assert.equal(head.replace(/^`|`$/g, ''), real);
  });
}
test('each default that is proved is documented', () => assert.deepEqual(Object.keys(defaults).sort(), documented.map(([where]) => where).sort()));

/** A valid value for each member of what is passed in. */
const samples = {
  CreateOptions: { permissions: 'rw', maxAge: 60, maxUses: 2, email: 'bob@example.com', message: 'm', label: 't', extras: { a: [1] }, signed: true, send: true },
  CallOptions: { signal: new AbortController().signal, timeout: 5000, idempotencyKey: 'once' },
  ListFilter: { resource: 'r', q: 'bob', status: 'pending', everyone: true, pageSize: 2 },
  MembersFilter: { resource: 'r', q: 'bo', pageSize: 2 },
  LinkOptions: { page: new URL('https://example.com/'), in: 'query', param: 'invite' },
  ConnectOptions: { server: 'x', resource: 'r', dialect: 'http', auth: { bearer: 'b' }, credentials: 'omit', timeout: 1, fetch, WebSocket },
  ParseOptions: { param: 'invite' },
};
const uses = {
  CreateOptions: (options) => sdk.connect(http()).create(options),
  CallOptions: (call) => sdk.connect(http()).create({}, resource, call),
  ListFilter: (filter) => sdk.connect(http()).list({ ...filter, resource }).next(),
  MembersFilter: (filter) => sdk.connect(http()).members({ ...filter, resource }).next(),
  LinkOptions: (options) => sdk.connect(http()).link('ab'.repeat(32), options),
  ConnectOptions: (options) => sdk.connect({ ...http(), ...options, server: server.url, timeout: undefined }).link('ab'.repeat(32)),
  ParseOptions: (options) => sdk.buildLink({ page: 'https://example.com/', key: 'ab'.repeat(32), in: 'fragment' }, options),
};
for (const [name, values] of Object.entries(samples)) {
  test(`each member of ${name} is known, and no other`, async () => {
    assert.deepEqual([...membersOf(name).keys()].sort(), Object.keys(values).sort());
    for (const [member, value] of Object.entries(values)) {
      // Of what this server cannot do it says so.
      const expected = member === 'send' ? 'unsupported' : 'answered';
      assert.equal(await code(uses[name]({ [member]: value })), expected, member);
    }
    assert.equal(await code(uses[name]({ nobodyKnows: 1 })), 'invalid_option');
  });
}

test('options are required or not as declared', () => {
  for (const name of Object.keys(samples)) for (const [member, { required }] of membersOf(name)) assert.equal(required, false, `${name}.${member}`);
});

/** What came out is what is declared: all that has to be there, and nothing of which nothing is said. */
function fits(name, value, { passes = [], exactly } = {}) {
  const members = membersOf(name);
  for (const [member, { required }] of members) if (required || exactly) assert.ok(member in value, `${name}.${member} is missing`);
  assert.deepEqual(Object.keys(value).filter((member) => !members.has(member) && !passes.includes(member)), [], name);
}

for (const dialect of ['http', 'webstrates']) {
  test(`what comes from a server that speaks ${dialect} is what is declared`, async (t) => {
    const connected = async (person) => {
      const handle = sdk.connect(dialect === 'http' ? http({ auth: { bearer: person.bearer } }) : await webstrates(person));
      t.after(() => handle.close());
      return handle;
    };
    const [alice, bob] = [await connected(admin), await connected(guest)];
    const outcomes = [];
    bob.addEventListener('inviteaccepted', ({ detail }) => outcomes.push(detail));
    const options = dialect === 'http' ? { maxUses: 3, message: 'm', label: 't', extras: { a: 1 } } : {};
    const given = (invite, more) => (dialect === 'http' ? fits('Invite', invite, more) : fits('WebstratesInvite', invite, { exactly: true }));
    const made = await alice.create({ permissions: 'rw', ...options });
    given(made);
    assert.equal(typeof made.key, 'string');
    for (const each of await alice.get()) given(each);
    // A lookup says what a preview does, too.
    given(await bob.check(made.key), { passes: ['inviter', 'account', 'gained', 'current'] });
    const invite = [...membersOf('Invite').keys()];
    fits('Preview', await bob.preview(made.key), { passes: [...invite, 'current'] });
    assert.match(await bob.accept(made.key), /^[arw]+$/);
    for await (const each of alice.list()) {
      fits('Invite', each);
      fits('User', each.createdBy);
      for (const { user, at, ...more } of each.accepted ?? []) {
        fits('User', user);
        assert.deepEqual([typeof at, more], ['string', {}]);
      }
    }
    for await (const member of alice.members()) {
      fits('Member', member);
      fits('User', member.user);
      fits('Member', await alice.member(member.user));
    }
    assert.deepEqual(Object.keys(await alice.remove(made)).sort(), ['acknowledged', 'deletedCount']);
    if (dialect === 'http') {
      await alice.create({ label: 't', maxUses: 2, email: 'bob@example.com' });
      await alice.create({ label: 't', maxUses: 2 });
      const { links } = await alice.setMember('bob:test', '', resource, { links: 'end' });
      fits('WaysBack', links, { exactly: true });
      for (const invite of links.invites) fits('WayBack', invite);
      assert.equal(links.ended, true);
    }
    assert.equal(outcomes.length, 1);
    fits('AcceptOutcome', outcomes[0]);
  });
}

test('what comes from no server is what is declared', async () => {
  const key = 'ab'.repeat(32);
  fits('Plausible', await sdk.inspect(key), { passes: ['sentence'] });
  fits('Malformed', await sdk.inspect('nothing'), { passes: ['sentence'] });
  fits('Link', await sdk.parseLink(`https://example.com/#acceptInvite=${key}&resource=notes`));
  const found = await sdk.find(`see https://example.com/#acceptInvite=${key} and https://example.com/#acceptInvite=abc`);
  assert.equal(found.complete, true);
  fits('Found', found[0], { passes: [...membersOf('Place').keys()] });
  fits('Broken', found.broken[0], { passes: [...membersOf('Place').keys()] });
  const { key: signedKey } = await sdk.connect(http()).create({ signed: true });
  const { unverifiedClaims } = await sdk.inspect(signedKey);
  fits('Claims', unverifiedClaims);
});

test('dialects, features and kinds of keys', async () => {
  for (const dialect of ['webstrates', 'http', 'userkit', 'rkvst', 'smoke signals']) {
    const known = await code(sdk.connect({ ...http(), dialect }).link('ab'.repeat(32))) === 'answered';
    assert.equal(known, union('Dialect').includes(dialect), dialect);
  }
  const { features } = await (await fetch(`${server.url}/.well-known/invite-keys`)).json();
  const [here, there] = [sdk.connect(http()), sdk.connect(await webstrates())];
  const supported = await Promise.all(union('Feature').map(async (feature) => [feature, await here.supports(feature), await there.supports(feature)]));
  // Whether it mails depends on how a server is set up.
  assert.deepEqual(supported.filter(([, here]) => here).map(([feature]) => feature).sort(), features.sort());
  assert.deepEqual(supported.filter(([, here]) => !here).map(([feature]) => feature), ['send']);
  assert.deepEqual(supported.filter(([, , there]) => there).map(([feature]) => feature).sort(), ['members', 'preview']);
  there.close();

  const { key: signedKey } = await here.create({ signed: true });
  const keys = { webstrates: 'ab'.repeat(32), opaque: (await here.create()).key, signed: signedKey, userkit: `invt_${'a'.repeat(14)}-${'b'.repeat(24)}`, rkvst: 'invites/0123abcd-0123-4123-8123-0123456789ab' };
  assert.deepEqual(Object.keys(keys).sort(), union('KeyKind').sort());
  const stored = {};
  globalThis.sessionStorage = { getItem: (name) => stored[name] ?? null, setItem: (name, value) => { stored[name] = value; }, removeItem: (name) => { delete stored[name]; } };
  try {
    for (const [kind, key] of Object.entries(keys)) {
      assert.equal((await sdk.inspect(key)).kind, kind);
      for (const written of [key, `secret-token:${key}`]) {
        stored['invite-keys:pending'] = JSON.stringify({ key: written, capturedAt: new Date(), continueUrl: 'https://example.com/', via: 'fragment' });
        assert.equal(sdk.invites.pending.kind, kind, `pending, ${written === key ? 'bare' : 'with its prefix'}`);
        fits('PendingInvite', JSON.parse(JSON.stringify({ resource: 'notes', ...sdk.invites.pending })));
      }
    }
  } finally {
    delete globalThis.sessionStorage;
  }
});

test('codes: what is declared, what the core knows, and what JavaScript says', async () => {
  const [rust, sources] = await Promise.all([
    readFile(join(packageFolder, '../src/error.rs'), 'utf8'),
    Promise.all((await readdir(packageFolder, { recursive: true })).filter((name) => /^(sdk\/|offline\/)?\w+\.js$/.test(name) && !['index.js', 'inline.js', 'elements.js'].includes(name)).map((name) => readFile(join(packageFolder, name), 'utf8'))),
  ]);
  const known = [...rust.slice(rust.indexOf('codes! {')).matchAll(/^ {4}\w+ = "(\w+)",$/gm)].map(([, code]) => code);
  assert.deepEqual(union('ErrorCode').sort(), known.sort());
  const said = [...sources.join('\n').matchAll(/\b(?:InviteError|end|error|fail|wrong)\('(\w+)'/g)].map(([, code]) => code);
  assert.ok(said.length > 5);
  assert.deepEqual(said.filter((code) => !known.includes(code)), []);
});
