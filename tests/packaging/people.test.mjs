// One person among those who have access: asked for and set by calls of their own, and by no list's filter.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from '../../pkg/node.js';

const BOB = { user: { username: 'bob', provider: 'test' }, permissions: 'r' };
const json = (body, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });

/** A connection to a server with these features, and what it was asked besides. */
function over(features, answer) {
  const asked = [];
  const invites = connect({
    server: 'https://invites.example', resource: 'doc', timeout: 3000,
    fetch: async (url, init) => {
      if (String(url).includes('/.well-known/')) return json({ 'invite-keys': 1, dialect: 'http', features });
      asked.push([init.method, new URL(url).pathname + new URL(url).search, init.body]);
      return answer(asked.length);
    },
  });
  return { invites, asked };
}
const codeOf = (promise) => promise.then((value) => assert.fail(`answered ${JSON.stringify(value)}`), ({ name, code, field }) => [name, code, field]);

test('a filter of people changes nobody', async () => {
  for (const [filter, call, field] of [
    [{ user: 'bob:test', permissions: 'arw' }, {}, 'user'], [{ permissions: '' }, {}, 'permissions'], [{ user: 'bob:test' }, {}, 'user'], [{}, { links: 'end' }, 'links'],
  ]) {
    const { invites, asked } = over(['setMember'], () => json({ members: [BOB] }));
    assert.deepEqual(await codeOf(invites.members(filter, call).next()), ['InviteError', 'invalid_option', field]);
    assert.deepEqual(asked, []);
  }
});

test('a server without calls for one person is not asked, and nobody is said to have no access', async () => {
  const { invites, asked } = over([], () => json({ code: 'not_found' }, 404));
  for (const call of [() => invites.member('bob:test'), () => invites.setMember('bob:test', 'r')]) {
    assert.deepEqual((await codeOf(call())).slice(0, 2), ['InviteError', 'unsupported']);
  }
  assert.deepEqual(asked, []);
});

for (const members of [5, 'x', {}, [null], [{ user: null }], [{ ...BOB, permissions: 'arw' }]]) {
  test(`one person is told as answered, whatever else stands there: members ${JSON.stringify(members)}`, async () => {
    const { invites } = over(['setMember'], () => json({ ...BOB, members }));
    for (const call of [invites.member('bob:test'), invites.setMember('bob:test', 'r')]) assert.deepEqual(await call, { ...BOB, members });
  });
}

for (const user of [{ username: 'eve', provider: 'test' }, { username: 'bob', provider: 'other' }, { username: 'Bob', provider: 'test' }, { username: 'bob' }, { provider: 'test' }, {}, { username: 'bob:test', provider: '' }]) {
  test(`what is said of somebody else is no answer: ${JSON.stringify(user)}`, async () => {
    const { invites, asked } = over(['setMember'], () => json({ user, permissions: 'arw' }));
    for (const call of [() => invites.member('bob:test'), () => invites.setMember(BOB.user, 'r')]) assert.equal((await codeOf(call()))[1], 'bad_response');
    assert.equal(asked.length, 2);
  });
}

test('whom a server names as they were asked for, display name and all, is who was meant', async () => {
  for (const [ref, user] of [['bob:test', { ...BOB.user, displayName: 'Bob' }], [{ username: 'a:b', provider: 'c' }, { username: 'a:b', provider: 'c' }], ['ø b:test', { username: 'ø b', provider: 'test' }]]) {
    const { invites } = over(['setMember'], () => json({ ...BOB, user }));
    assert.deepEqual(await invites.member(ref), { ...BOB, user });
  }
});

test('letters and words are looked at before anything is sent, by one rule with create()', async () => {
  const { invites, asked } = over(['setMember'], () => json(BOB));
  for (const letters of ['x', 'rr', 'rx', 'R', ' ', 'r w', 'arwx', 5, {}, ['r'], true, null, undefined]) {
    assert.deepEqual(await codeOf(invites.setMember('bob:test', letters)), ['InviteError', 'invalid_option', 'permissions'], String(letters));
    if (letters !== undefined) assert.deepEqual(await codeOf(invites.create({ permissions: letters })), ['InviteError', 'invalid_option', 'permissions'], String(letters));
  }
  for (const links of ['', 'End', 'all', 5, {}, true]) {
    for (const call of [invites.member('bob:test', undefined, { links }), invites.setMember('bob:test', 'r', undefined, { links })]) assert.deepEqual(await codeOf(call), ['InviteError', 'invalid_option', 'links'], String(links));
  }
  assert.deepEqual(asked, []);
  for (const letters of ['', 'r', 'wr', 'arw']) await invites.setMember('bob:test', letters, undefined, { links: 'end' });
  await invites.setMember('bob:test', 'r', undefined, { links: null });
  assert.equal(asked.length, 5);
});

test('a page begins where `next_page_token` says, and nowhere else', async () => {
  for (const next of ['elsewhere', 5, {}]) {
    const { invites, asked } = over(['setMember'], (times) => json({ members: [BOB], invites: [], next, ...(times === 1 && { next_page_token: 'two' }) }));
    for (const list of [invites.members(), invites.list()]) {
      asked.length = 0;
      for await (const one of list) assert.ok(one);
      assert.deepEqual(asked.map(([, path]) => path.split('?')[1]), [undefined, 'page_token=two']);
    }
    asked.length = 0;
    assert.deepEqual(await invites.get(), []);
    assert.equal(asked.length, 2);
  }
});

test('links that a lost attempt may have ended are not told as none', async () => {
  const none = { total: 0, ended: false, invites: [] };
  const { invites, asked } = over(['setMember'], (times) => {
    if (times === 1) throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) });
    return json({ ...BOB, permissions: '', links: none });
  });
  assert.deepEqual(await invites.setMember('bob:test', '', undefined, { links: 'end' }), { ...BOB, permissions: '' });
  assert.equal(asked.length, 2);
  assert.deepEqual((await invites.setMember('bob:test', '', undefined, { links: 'end' })).links, none);
});
