// Node: both dialects with `ws`, and imports that do no harm under server-side rendering.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { freshResource, setMember, signIn, startServer } from '../support/server.mjs';
import { expected } from './projects/story.js';
import { installedProject } from './support/package.mjs';

const run = promisify(execFile);
const node = async (folder, ...args) => JSON.parse((await run(process.execPath, args, { cwd: folder, timeout: 60_000 })).stdout);

test('both dialects, with `ws` where Node has no WebSocket', async (t) => {
  const folder = await installedProject(t, { files: ['node.js', 'story.js'], links: ['ws'] });
  const server = await startServer();
  t.after(() => server.stop());
  for (const dialect of ['http', 'webstrates']) {
    const resource = freshResource();
    await setMember(server.url, resource, 'alice', 'arw');
    // It ends by itself: nothing keeps Node awake after close().
    assert.deepEqual(await node(folder, 'node.js', server.url, dialect, resource), expected(dialect), dialect);
  }
});

test('handles: closed or reopened, configured anew, their events, errors of two copies, install()', async (t) => {
  const folder = await installedProject(t, { files: ['handle.js'] });
  const server = await startServer();
  t.after(() => server.stop());
  const resource = freshResource();
  await setMember(server.url, resource, 'alice', 'arw');
  const { bearer } = await signIn(server.url, 'alice');
  assert.deepEqual(await node(folder, 'handle.js', server.url, bearer, resource), {
    listed: 3,
    told: [
      ...Array(3).fill(['invitecreated', ['id', 'resource', 'permissions', 'expiresAt']]),
      ['inviteremoved', ['id', 'resource']],
    ],
    keysTold: false,
    underWay: 'closed', closed: 'closed',
    configured: 2, reopened: 2, reconfigured: 'bad_credentials',
    error: [true, true, 'InviteError', true], anotherCopy: [false, true],
    stopped: ['aborted', true],
    install: 'unsupported', installed: true,
    roundTrip: true, dispose: 'function',
  });
});

test('server-side rendering: a call without configuration says so, offline functions work', async (t) => {
  const folder = await installedProject(t, { files: ['ssr.js'] });
  assert.deepEqual(await node(folder, 'ssr.js'), {
    pending: null, tooSoon: 'load_failed', get: 'invalid_option', verdict: 'too_short', sync: 'webstrates',
  });
});

test('importing needs no globals and adds none', async (t) => {
  const folder = await installedProject(t, { files: ['no-globals.js'] });
  assert.deepEqual(await node(folder, 'no-globals.js'), { pending: null, added: [] });
});
