// A hundred people, one invite, at once: nobody is lost, and no use is spent twice.
import { codeOf, connected, freshResource, same, tally, times } from './support.js';

const PEOPLE = 100;
const UNKNOWN = `${'0'.repeat(63)}3`;

export const race = {
  name: 'race',
  tests: {
    '100 people accept one invite at once, on sockets: nobody is lost': (context) => everybody(context, 'webstrates'),
    '100 people accept one invite at once, over HTTP: nobody is lost': (context) => everybody(context, 'http'),
    '100 people want 40 uses: 40 get one': fewUses,
    'one person accepts 50 times at once: one use': onePerson,
    'one person accepts three invites at once: no letter is lost': letters,
  },
};

async function crowd(context, dialect, resource) {
  // Signing in is not what is measured: everybody is there before the race starts.
  const people = times(PEOPLE, (index) => `${dialect}-guest-${index}`);
  const connections = await Promise.all(people.map((person) => connected(context, person, dialect, resource)));
  // Nor is opening the sockets, which browsers do one after another: a check that is refused opens them all.
  await Promise.all(connections.map(({ invites }) => codeOf(invites.check(UNKNOWN), context.sdk)));
  return { people, connections: connections.map(({ invites }) => invites) };
}

async function everybody(context, dialect) {
  const resource = await freshResource(context);
  const { key } = dialect === 'http'
    ? await context.world.createOpaque('alice', resource, { permissions: 'rw' })
    : await context.world.createWebstrates('alice', resource, { permissions: 'rw' });
  context.keep(key);
  const { people, connections } = await crowd(context, dialect, resource);
  try {
    const begun = performance.now();
    const codes = await Promise.all(connections.map((invites) => codeOf(invites.accept(key), context.sdk)));
    const took = Math.round(performance.now() - begun);
    same(tally(codes), { null: PEOPLE }, 'outcomes');
    const members = await context.world.members('alice', resource);
    same(people.filter((person) => members.get(person) !== 'rw'), [], 'people without rw');
    const { invites } = await context.world.call('alice', 'GET', `/api/v1/resources/${resource}/invites`);
    same(invites.map(({ uses }) => uses), [PEOPLE], 'uses');
    return `${took} ms`;
  } finally {
    connections.forEach((invites) => invites.close());
  }
}

async function fewUses(context) {
  const resource = await freshResource(context);
  const { key } = await context.world.createOpaque('alice', resource, { permissions: 'r', maxUses: 40 });
  context.keep(key);
  const { people, connections } = await crowd(context, 'http', resource);
  try {
    const codes = await Promise.all(connections.map((invites) => codeOf(invites.accept(key), context.sdk)));
    const outcomes = tally(codes);
    same([outcomes.null, outcomes.exhausted], [40, 60], 'got one, came too late');
    const members = await context.world.members('alice', resource);
    same(people.filter((person, index) => members.has(person) !== (codes[index] === null)), [], 'people told otherwise than it is');
  } finally {
    connections.forEach((invites) => invites.close());
  }
}

async function onePerson(context) {
  const resource = await freshResource(context);
  const { key } = await context.world.createOpaque('alice', resource, { permissions: 'r', maxUses: 2 });
  context.keep(key);
  const connections = await Promise.all(times(50, () => connected(context, 'bob', 'http', resource)));
  try {
    const answers = await Promise.all(connections.map(({ invites }) => invites.accept(key)));
    same(tally(answers), { r: 50 }, 'answers');
    const { invites } = await context.world.call('alice', 'GET', `/api/v1/resources/${resource}/invites`);
    same(invites.map(({ uses }) => uses), [1], 'uses');
  } finally {
    connections.forEach(({ invites }) => invites.close());
  }
}

async function letters(context) {
  const resource = await freshResource(context);
  const keys = await Promise.all(['a', 'r', 'w'].map(async (permissions) => (await context.world.createOpaque('alice', resource, { permissions })).key));
  keys.forEach(context.keep);
  const { invites } = await connected(context, 'bob', 'http', resource);
  try {
    await Promise.all(keys.map((key) => invites.accept(key)));
    const members = await context.world.members('alice', resource);
    same([...members.get('bob')].sort(), ['a', 'r', 'w'], 'letters');
  } finally {
    invites.close();
  }
}
