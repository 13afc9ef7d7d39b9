// Preview, list, members on the original; and hearing of it when somebody used an invite, which nobody tells.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { webstrates } from './world.mjs';

const it = webstrates();

test('preview, list and members', async () => {
  const id = await it.webstrate({ auth: { alice: 'arw', bob: 'r' } });
  const alice = await it.open(await it.person('alice'), id);
  const bob = await it.open(await it.person('bob'), id);
  const key = await it.invite(alice, 'rw');
  const { value: preview } = await bob.call('preview', key);
  assert.deepEqual({ ...preview, expiresAt: null, createdAt: null, expiresIn: null }, {
    resource: id, permissions: 'rw', gained: 'w', inviter: { username: 'alice', provider: 'test' },
    account: { username: 'bob', provider: 'test' }, expiresAt: null, createdAt: null, expiresIn: null,
  });
  assert.ok(preview.expiresIn > 3_590 && preview.expiresIn <= 3_600);
  const [listed, ...more] = (await alice.call('list')).value;
  assert.deepEqual(more, []);
  assert.deepEqual([listed.key, listed.resource, listed.permissions, listed.status], [key, id, 'rw', 'pending']);
  assert.deepEqual((await bob.call('members')).value, [
    { user: { username: 'alice', provider: 'test' }, permissions: 'arw' },
    { user: { username: 'bob', provider: 'test' }, permissions: 'r' },
  ]);
  assert.equal((await alice.call('supports', 'maxUses')).value, false);
});

test('inviteused tells the inviter who came in, and only for invites of theirs', async () => {
  const id = await it.webstrate({ auth: { alice: 'arw' } });
  const page = await it.person('alice');
  const looked = page.waitForResponse((response) => response.url().includes('?json'));
  const alice = await it.open(page, id);
  const key = await it.invite(alice, 'rw');
  await looked;
  const bob = await it.open(await it.person('bob'), id);
  assert.equal((await bob.call('accept', key)).value, 'rw');
  await alice.page.waitForFunction(() => window.events.some(([type]) => type === 'inviteused'));
  const used = (await alice.events()).filter(([type]) => type === 'inviteused');
  assert.equal(used.length, 1);
  const [[, { at, ...detail }]] = used;
  assert.deepEqual(detail, { resource: id, user: { username: 'bob', provider: 'test' }, permissions: 'rw' });
  assert.ok(Math.abs(Date.parse(at) - Date.now()) < 20_000);
  // What no invite of hers gives was given by hand.
  const again = alice.page.waitForResponse((response) => response.url().includes('?json'));
  await it.webstrate({ id, auth: { alice: 'arw', bob: 'rw', carol: 'arw' } });
  await again;
  await alice.call('get');
  assert.equal((await alice.events()).filter(([type]) => type === 'inviteused').length, 1);
});
