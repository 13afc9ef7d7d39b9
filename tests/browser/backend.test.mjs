// A backend takes part: the one of the guide, with an app key, beside people in real browsers.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { freshResource, serverBinary, startServer } from '../support/server.mjs';
import { keyOf, noProblems, stage } from './people.mjs';

const folder = await mkdtemp(join(tmpdir(), 'invite-backend-'));
const kept = ['--database', join(folder, 'invites.db'), '--secret-file', join(folder, 'invites.secret')];
const it = stage({ start: () => startServer({ args: kept }) });
/** Far more than anything here takes; only a test that fails waits so long. */
const PATIENCE = 30_000;
const told = [];
let backend;
let child;
let front;
let secret;

const apps = (...command) => execFileSync(serverBinary(), [...kept, 'apps', ...command], { encoding: 'utf8' }).trim();

async function takePart() {
  // Webhooks come through here, so that what is on the wire can be looked at.
  front = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    told.push({ headers: request.headers, body });
    const answer = await fetch(`${backend}/webhook`, { method: 'POST', headers: request.headers, body });
    response.writeHead(answer.status).end();
  });
  await new Promise((resolve) => front.listen(0, '127.0.0.1', resolve));
  const appKey = apps('add', 'crm');
  secret = apps('webhook', 'crm', `http://127.0.0.1:${front.address().port}/webhook`);
  assert.match(secret, /^whsec_/);

  // The example where somebody would put it: in a folder with its dependencies.
  await cp(fileURLToPath(new URL('../../www/examples/backend.mjs', import.meta.url)), join(folder, 'backend.mjs'));
  await symlink(fileURLToPath(new URL('../node_modules', import.meta.url)), join(folder, 'node_modules'));
  child = spawn(process.execPath, [join(folder, 'backend.mjs')], {
    env: { ...process.env, INVITES_SERVER: it.server.url, INVITES_APP_KEY: appKey, INVITES_WEBHOOK_SECRET: secret, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    backend = /^backend listening on (\S+)/.exec(line)?.[1];
    if (backend) break;
  }
  assert.ok(backend, 'the backend listens');
}

after(async () => {
  child?.kill();
  front?.close();
  front?.closeAllConnections();
  await rm(folder, { recursive: true, force: true });
});

async function post(path, body) {
  const response = await fetch(backend + path, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, ...await response.json() };
}

async function until(look) {
  for (const end = Date.now() + PATIENCE; ;) {
    const found = await look();
    if (found) return found;
    assert.ok(Date.now() < end, `in vain: ${look}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

const BOB = { username: 'bob', provider: 'test', displayName: 'Bob' };

test('a backend invites for Alice, Bob accepts, and backend, receipt and Alice know him', async () => {
  await takePart();
  const deal = freshResource('deal');
  const { link } = await post('/deals', { deal, title: 'Deal 7', user: 'alice:test' });
  const key = keyOf(link);
  const alice = await it.person('alice');
  await alice.goto(`/?resource=${deal}`);
  const manager = alice.locator('invite-manager');
  await manager.getByText('0 of 5 uses').waitFor();

  const bob = await it.person('bob');
  await bob.addInitScript(() => document.addEventListener('inviteaccepted', ({ detail }) => { window.receipt = detail.receipt; }));
  await bob.goto(link);
  await bob.getByText('Deal 7').first().waitFor();
  const [accepted] = await Promise.all([
    bob.waitForResponse((response) => response.url().endsWith('/api/v1/invites/accept') && response.ok()),
    bob.getByRole('button', { name: 'Accept' }).click(),
  ]);
  const at = Date.now();
  const { receipt } = await accepted.json();
  assert.equal(await bob.evaluate(() => window.receipt), receipt, 'pages get it too');
  await manager.getByText('Bob joined', { exact: true }).waitFor();
  const took = Date.now() - at;
  assert.ok(took < 1000, `Alice's page shows it after ${took} ms`);

  const joined = await post('/joined', { receipt });
  assert.deepEqual([joined.status, joined.user.username, joined.resource, joined.permissions], [200, 'bob', deal, 'rw']);
  assert.deepEqual(joined.extras, { deal });
  const again = await post('/joined', { receipt });
  assert.deepEqual([again.status, again.error], [409, 'conflict'], 'each receipt counts once');

  const known = await until(async () => {
    const deals = await (await fetch(`${backend}/deals`)).json();
    return deals[deal].joined.length > 0 && deals[deal];
  });
  assert.deepEqual(known.joined.map(({ username, provider }) => ({ username, provider })), [{ username: BOB.username, provider: BOB.provider }]);

  const used = told.find(({ body }) => body.includes('invite.used') && body.includes(known.invite));
  const { type, data } = new Webhook(secret).verify(used.body, used.headers);
  assert.deepEqual([type, data.invite, data.user.username, data.uses], ['invite.used', known.invite, 'bob', 1]);
  const forged = await fetch(`${backend}/webhook`, { method: 'POST', headers: used.headers, body: used.body.replace('"bob"', '"eve"') });
  assert.equal(forged.status, 400);
  for (const { headers, body } of told) assert.ok(!(JSON.stringify(headers) + body).includes(key.slice(5)), 'no webhook holds a key');
  assert.ok(!it.server.stderr.includes(secret.slice(6)), 'no log holds the secret');
  noProblems(alice, bob);
});
