// The story of the guide "In a webstrate": a public app webstrate, private data webstrates, and invites between them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { webstrates } from './world.mjs';

const it = webstrates();
const INLINE = readFileSync(new URL('../../pkg/inline.js', import.meta.url), 'utf8');
const GUIDE = readFileSync(new URL('../../www/docs/in-a-webstrate.html', import.meta.url), 'utf8');

/** The app of the guide, as it stands there. */
const code = (id) => {
  const [, escaped] = new RegExp(`<pre id="${id}"><code>(.*?)</code></pre>`, 's').exec(GUIDE);
  return escaped.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
};

async function app() {
  return it.webstrate({
    auth: { alice: 'arw', anonymous: 'r' },
    webstrate: true,
    html: `<!doctype html><html><head><meta charset="utf-8"><title>App</title></head><body>${code('app')}</body></html>`,
    assets: { 'inline.js': { type: 'text/javascript', text: INLINE } },
  });
}

async function open(page, address) {
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(error.message));
  await page.goto(address);
  await page.waitForFunction(() => window.webstrate?.user?.invites instanceof EventTarget);
}

test('an invite to private data, opened inside a public app, signed out at first', async () => {
  const appId = await app();
  const data = await it.webstrate({ auth: { alice: 'arw' }, webstrate: true });

  // Alice makes the invite with the object that replaced the built-in one.
  const alice = await it.person('alice');
  await open(alice, `/${appId}/`);
  const link = await alice.evaluate((data) => window.inviteTo(data), data);
  assert.match(link, new RegExp(`^${it.server.url}/${appId}/#acceptInvite=[0-9a-f]{64}&resource=${data}$`));
  const [, key] = /acceptInvite=([0-9a-f]{64})/.exec(link);
  assert.equal(await alice.evaluate(() => window.webstrate.user.invites.link instanceof Function), true);

  // Bob is nobody yet: the app opens, the key leaves the address, and he is asked to sign in.
  const bob = await it.person();
  await bob.goto('about:blank');
  const seen = [];
  bob.on('request', (request) => seen.push(request.url()));
  await open(bob, link);
  await bob.getByRole('link', { name: 'Sign in to accept' }).click();
  assert.ok(!seen.some((address) => address.includes(key)), 'the key went to no server by its address');
  assert.equal(await bob.evaluate(() => document.documentElement.outerHTML.includes('acceptInvite')), false);
  await bob.getByLabel('Name').fill('bob');
  await bob.getByLabel('Password').fill('any');
  await bob.getByRole('button', { name: 'Sign in' }).click();

  // Back in the app he sees who invites him to what, and accepts.
  if (!bob.url().includes(appId)) await bob.goto(`/${appId}/`);
  await bob.getByText(`alice invites you to ${data}`).waitFor();
  assert.deepEqual(await it.letters(data), { alice: 'arw' });
  await bob.getByRole('button', { name: 'Accept' }).click();
  await bob.getByRole('link', { name: `Open ${data}` }).waitFor();
  assert.equal((await it.letters(data)).bob, 'rw');
  await bob.getByRole('link', { name: `Open ${data}` }).click();
  await bob.waitForURL(`**/${data}/`);
  await bob.waitForFunction(() => window.webstrate?.user?.username === 'bob');
  assert.deepEqual([...alice.problems, ...bob.problems], []);
});

test('a reload, a second tab and the acceptance by GET end in already: true', async () => {
  const page = `<!doctype html><html><head><meta charset="utf-8"><title>Private</title></head><body><script type="module">
    import { auto, invites } from './inline.js';
    window.told = [];
    for (const type of ['inviteaccepted', 'inviterejected']) invites.addEventListener(type, ({ detail }) => window.told.push([type, detail]));
    auto();
  </script></body></html>`;
  const id = await it.webstrate({ auth: { alice: 'arw' }, webstrate: true, html: page, assets: { 'inline.js': { type: 'text/javascript', text: INLINE } } });
  const alice = await it.open(await it.person('alice'), id);
  const key = await it.invite(alice, 'rw');
  const link = `${it.server.url}/${id}/?acceptInvite=${key}`;

  const bob = await it.person('bob');
  const outcome = async (tab) => {
    await tab.waitForFunction(() => window.told?.length > 0);
    // What came too late would be a second event: nothing is under way any more once another call is answered.
    await tab.evaluate(() => window.webstrate.user.invites.check('0'.repeat(64)).catch(() => {}));
    assert.equal(new URL(tab.url()).search, '');
    return tab.evaluate(() => window.told);
  };
  const accepted = [['inviteaccepted', { resource: id, permissions: 'rw', gained: '', already: true, warnings: [] }]];
  // The server accepts it before the page is even there, and the page finds it done.
  await bob.goto(link);
  assert.deepEqual(await outcome(bob), accepted);
  assert.equal((await it.letters(id)).bob, 'rw');
  await bob.reload();
  await bob.waitForFunction(() => window.webstrate?.user);
  await bob.goto('about:blank');
  await bob.goto(link);
  assert.deepEqual(await outcome(bob), accepted);
  const second = await bob.context().newPage();
  await second.goto(link);
  assert.deepEqual(await outcome(second), accepted);
  assert.equal((await it.letters(id)).bob, 'rw');
});
