// The developer tools way, and the examples that people copy.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { signIn } from '../support/server.mjs';
import { createInvite, noProblems, stage } from './people.mjs';

const it = stage();
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const EXAMPLES = join(ROOT, 'www/examples');

test('from the console: create, list, check, accept, remove', async () => {
  const resource = await it.resource();
  const alice = await it.person('alice');
  await alice.goto('/');
  const link = await alice.evaluate(async (where) => {
    const { invites } = await import('/sdk/console.js');
    const invite = await invites.create({ permissions: 'rw' }, where);
    return invites.link(invite, { page: `${location.origin}/${where}/` });
  }, resource);
  assert.ok(await alice.evaluate(() => typeof window.invites.accept === 'function'), '`invites` is on window for the next line');
  assert.equal(await alice.evaluate(async (where) => (await window.invites.get(where)).length, resource), 1);

  const bob = await it.person('bob');
  await bob.goto('/');
  const got = await bob.evaluate(async (text) => {
    const { invites } = await import('/sdk/console.js');
    const key = /acceptInvite=([^&]+)/.exec(text)[1];
    const preview = await invites.preview(key);
    return { inviter: preview.inviter.username, gained: preview.gained, permissions: await invites.accept(key) };
  }, link);
  assert.deepEqual(got, { inviter: 'alice', gained: 'rw', permissions: 'rw' });

  const removed = await alice.evaluate(async (where) => {
    const [invite] = await window.invites.get(where);
    return window.invites.remove(invite.key, where);
  }, resource);
  assert.deepEqual(removed, { acknowledged: true, deletedCount: 1 });
  // Bob came in by it and is answered as before.
  const carol = await it.person('carol');
  await carol.goto('/');
  const code = await carol.evaluate(async (text) => {
    const { invites } = await import('/sdk/console.js');
    const key = /acceptInvite=([^&]+)/.exec(text)[1];
    return invites.accept(key).then(() => 'accepted', (error) => `${error.name} ${error.code}`);
  }, link);
  assert.equal(code, 'InviteError removed');
  // Chromium itself logs the 410 of the last line.
  noProblems(alice);
});

test('examples/console.js runs as it is', async () => {
  const alice = await it.person('alice');
  await alice.goto('/');
  const text = await readFile(join(EXAMPLES, 'console.js'), 'utf8');
  await alice.evaluate(`(async () => { ${text} })()`);
  assert.equal(await alice.evaluate(async () => (await window.invites.get('notes')).length), 0);
  noProblems(alice);
});

test('examples/page.html runs in a page of one’s own', async () => {
  const resource = await it.resource();
  const alice = await it.person('alice');
  await alice.goto(`/?resource=${resource}`);
  const link = await createInvite(alice);
  const bob = await it.person('bob');
  // One's own site: the same file without the demo's content policy, which forbids inline scripts.
  const body = await readFile(join(EXAMPLES, 'page.html'), 'utf8');
  await bob.route(/\/mine\.html/, (route) => route.fulfill({ contentType: 'text/html', body }));
  await bob.goto(`/mine.html${new URL(link).hash}`);
  await bob.getByText('Alice invites you to').waitFor();
  await bob.getByRole('button', { name: 'Accept' }).click();
  await bob.getByText('You are in: r.').waitFor();
  assert.ok(!bob.url().includes('acceptInvite'));
  noProblems(alice, bob);
});

test('examples/app.mjs runs in Node', async (t) => {
  const resource = await it.resource();
  const { bearer } = await signIn(it.server.url, 'alice');
  const folder = await mkdtemp(join(tmpdir(), 'invite-keys-example-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'node_modules'));
  await symlink(join(ROOT, 'pkg'), join(folder, 'node_modules/invite-keys'));
  await cp(join(EXAMPLES, 'app.mjs'), join(folder, 'app.mjs'));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['app.mjs', resource], {
    cwd: folder, env: { ...process.env, INVITES_SERVER: it.server.url, INVITES_TOKEN: bearer }, timeout: 30_000,
  });
  assert.match(stdout, new RegExp(`^Send this link: ${it.server.url}/${resource}/#acceptInvite=inv1_`));
  assert.match(stdout, /Revoked again\.\n$/);
  assert.equal(stderr, '');
});
