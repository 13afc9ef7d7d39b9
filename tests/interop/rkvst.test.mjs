// The vendor's own Python SDK against our server. It has no module for invites: the calls that its modules are made of.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { pythonWith } from '../support/python.mjs';
import { serverBinary, startServer } from '../support/server.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const EMAILS = ['carol', 'alice', 'bob', 'dan', 'erin'].map((name) => `${name}@example.com`);

/** What it says of a server, which goes on meanwhile. */
async function python(bin, input) {
  const child = spawn(join(bin, 'python'), [join(HERE, 'support', 'rkvst.py')], { stdio: ['pipe', 'pipe', 'pipe'] });
  let [said, complained] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => { said += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { complained += text; });
  child.stdin.end(JSON.stringify(input));
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  assert.equal(status, 0, complained);
  return JSON.parse(said);
}

test("the vendor's SDK creates, reads, lists, counts, finds and deletes", { timeout: 300_000 }, async (t) => {
  const bin = pythonWith('rkvst-python', join(HERE, 'requirements-rkvst.txt'));
  assert.ok(bin, 'Python with venv is missing (Debian: apt-get install python3-venv)');
  const folder = mkdtempSync(join(tmpdir(), 'rkvst-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const database = join(folder, 'invites.db');
  const server = await startServer({ args: ['--database', database, '--log', 'debug'] });
  t.after(() => server.stop());
  const added = spawnSync(
    serverBinary(), ['--database', database, 'apps', 'add', 'Python', '--dialect', 'rkvst', '--resource', 'deals'], { encoding: 'utf8' },
  );
  assert.equal(added.status, 0, added.stderr);
  const [id, secret] = added.stdout.trim().split('\n');

  const answered = await python(bin, { url: server.url, id, secret });
  t.diagnostic(`datatrails-archivist ${answered.version}`);
  assert.equal(answered.token.token_type, 'Bearer');
  assert.equal(answered.token.expires_in, 3600);
  for (const [path, story] of Object.entries(answered.stories)) {
    const { created, ...told } = story;
    for (const [at, invite] of created.entries()) {
      assert.deepEqual(Object.keys(invite), ['identity', 'message', 'email', 'expiry_time'], path);
      assert.match(invite.identity, /^invites\/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      assert.deepEqual([invite.email, invite.message], [EMAILS[at], `Hello ${EMAILS[at]}`]);
    }
    assert.deepEqual(told, {
      got: true,
      listed: EMAILS.toReversed(),
      sorted: EMAILS.toSorted(),
      counted: 5,
      'counted one': 1,
      found: true,
      'not found': 'ArchivistNotFoundError',
      deleted: {},
      gone: 'ArchivistNotFoundError',
      'gone again': 'ArchivistNotFoundError',
      refused: 'ArchivistBadRequestError',
      ambiguous: 'ArchivistDuplicateError',
      left: 0,
    }, path);
  }
  for (const wrong of ['wrong secret', 'wrong bearer']) assert.equal(answered[wrong], 'ArchivistUnauthenticatedError');
  assert.doesNotMatch(server.stderr, /ERROR|panicked/);
  assert.ok(!server.stderr.includes(secret.slice(4)) && !server.stderr.includes(answered.token.access_token));
});
