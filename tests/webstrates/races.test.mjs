// Many at once: accepts that collide and overwrite each other, and a connection that breaks again and again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webstrates } from './world.mjs';

const ROUNDS = 15;
const PEOPLE = ['ann', 'ben', 'cem', 'dan', 'eva', 'fay', 'gus', 'hal'];
const CUTS = 200;

const it = webstrates();

test(`${PEOPLE.length} people accept at once, ${ROUNDS} rounds: all of them are in data-auth`, async (t) => {
  // The worst it can do: colliding accepts fail, and one in ten overwrites another instead.
  await it.change({ overwrite: 0.1, write: 6 });
  const alice = await it.open(await it.person('alice'));
  const people = await Promise.all(PEOPLE.map((name) => it.person(name)));
  let present = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const id = await it.webstrate({ auth: { alice: 'arw' } });
    const { value } = await alice.call('create', { permissions: 'rw' }, id);
    const handles = await Promise.all(people.map((page) => it.open(page, id)));
    const answers = await Promise.all(handles.map((handle) => handle.call('accept', value.key)));
    assert.deepEqual(answers.map(({ value, error }) => value ?? error), PEOPLE.map(() => 'rw'));
    const letters = await it.letters(id);
    present += PEOPLE.filter((name) => letters[name] === 'rw').length;
  }
  const calls = await it.calls();
  const collisions = calls.filter(({ wa, fate }) => wa === 'acceptInvite' && fate === 'refused').length;
  t.diagnostic(`${present} of ${PEOPLE.length * ROUNDS} present; ${collisions} accepts were refused as collisions on the way`);
  assert.equal(present, PEOPLE.length * ROUNDS);
  assert.ok(collisions > 0, 'nobody collided: this proved nothing');
  await it.change({ overwrite: 0.01, write: 4 });
});

test(`the connection cut ${CUTS} times at a moment of chance during mixed calls`, async (t) => {
  const id = await it.webstrate({ auth: { alice: 'arw', bob: 'r' } });
  const alice = await it.open(await it.person('alice'), id);
  const bob = await it.open(await it.person('bob'), id);
  const { value: { key } } = await alice.call('create', { permissions: 'w' });
  await it.control('DELETE', 'calls');
  const TIMEOUT = 10_000;
  await it.change({ cutRandomly: { from: 4, to: 60, times: CUTS }, jitter: 15 });

  const answers = [];
  const call = async (who, method, ...args) => {
    const answer = await who.call(method, ...args);
    answers.push({ method, ...answer });
    return answer;
  };
  const created = new Set();
  const removed = new Set();
  const maybe = new Set();
  let creates = 0;
  const left = async () => (await it.control('GET', 'settings')).cutRandomly?.times ?? 0;
  const mixed = async () => {
    creates += 1;
    const create = call(alice, 'create', { permissions: 'r' }, id, { timeout: TIMEOUT });
    await Promise.all([
      create,
      call(alice, 'get'), call(bob, 'check', key), call(bob, 'accept', key), call(alice, 'check', key), call(bob, 'preview', key),
    ]);
    const { value } = await create;
    if (!value) return;
    created.add(value.key);
    if (creates % 3 === 0) {
      const { value: done, error } = await call(alice, 'remove', value);
      if (done) removed.add(value.key);
      // Cut before it was confirmed: it may be gone.
      if (error) maybe.add(value.key);
    }
  };
  for (let round = 0; (await left()) > 0; round += 1) {
    assert.ok(round < 400, 'the cuts do not come');
    await Promise.all(Array.from({ length: 4 }, mixed));
  }
  await it.change({ cutRandomly: null, jitter: 2 });

  const late = answers.filter(({ took }) => took > TIMEOUT + 1_000);
  assert.deepEqual(late, [], 'every call settles within its deadline');
  const codes = {};
  for (const { method, error } of answers) if (error) codes[`${method} ${error.code}`] = (codes[`${method} ${error.code}`] ?? 0) + 1;
  t.diagnostic(`${answers.length} calls, ${creates} creates, failures: ${JSON.stringify(codes)}`);
  for (const what of Object.keys(codes)) {
    assert.match(what, /^((create|remove) (unknown_outcome|offline)|(get|check|accept|preview) offline)$/, what);
  }

  // A create that was carried out twice would be one too many; one that never was, one too few.
  const carriedOut = (await it.calls()).filter(({ wa }) => wa === 'createInvite');
  assert.ok(carriedOut.length <= creates, `${carriedOut.length} creates were sent for ${creates} calls`);
  const { value: listed } = await alice.call('get');
  const there = new Set(listed.map((invite) => invite.key));
  for (const made of created) assert.ok(there.has(made) || removed.has(made) || maybe.has(made), 'an acknowledged invite is missing');
  for (const gone of removed) assert.ok(!there.has(gone), 'a removed invite is still there');
  const unknown = answers.filter(({ method, error }) => method === 'create' && error?.code === 'unknown_outcome').length;
  const gone = [...created].filter((made) => !there.has(made)).length;
  const surplus = listed.length - 1 - (created.size - gone);
  assert.ok(surplus >= 0 && surplus <= unknown, `${surplus} invites nobody knows of, for ${unknown} unknown outcomes`);
  assert.equal((await it.letters(id)).bob, 'rw');
});

test('a lost answer: a create is not repeated, an accept is, a remove that is found done is done', async () => {
  const id = await it.webstrate({ auth: { alice: 'arw' } });
  const alice = await it.open(await it.person('alice'), id);
  const bob = await it.open(await it.person('bob'), id);
  const { value: { key } } = await alice.call('create', { permissions: 'rw' });
  for (const when of ['before', 'after']) {
    await it.control('DELETE', 'calls');
    await it.change({ cutOn: { wa: 'createInvite', when } });
    const { error } = await alice.call('create', { permissions: 'r' });
    assert.equal(error.code, 'unknown_outcome');
    assert.equal((await it.calls()).filter(({ wa }) => wa === 'createInvite').length, 1);
  }
  assert.equal((await alice.call('get')).value.length, 2);
  await it.change({ cutOn: { wa: 'acceptInvite', when: 'after' } });
  assert.equal((await bob.call('accept', key)).value, 'rw');
  await it.change({ cutOn: { wa: 'removeInvite', when: 'after' } });
  const invite = { key, webstrateId: id };
  assert.deepEqual((await alice.call('remove', invite)).value, { acknowledged: true, deletedCount: 0 });
  await it.change({ answers: 'withheld' });
  const { error, took } = await alice.call('create', { permissions: 'r' }, id, { timeout: 1_000 });
  assert.equal(error.code, 'unknown_outcome');
  assert.ok(took < 1_500);
  await it.change({ answers: 'given' });
});
