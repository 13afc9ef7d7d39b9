// The hooks in a real React under StrictMode, built by Vite and served by the real server's origin.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { build } from 'vite';
import { launchChromium } from '../support/chromium.mjs';
import { freshResource, setMember } from '../support/server.mjs';
import { installedProject } from './support/package.mjs';
import { startSite } from './support/site.mjs';
import { suite } from './support/suite.mjs';
import { join } from 'node:path';

const all = suite();
let browser, site, output;
before(async () => {
  browser = await launchChromium();
  all.after(() => browser.close());
  const root = await installedProject(all, { files: ['react.html', 'react.js'], links: ['react', 'react-dom', 'scheduler'] });
  ({ output } = await build({
    root, base: '/files/', configFile: false, logLevel: 'error', resolve: { preserveSymlinks: true },
    build: { rollupOptions: { input: join(root, 'react.html') } },
  }));
  site = await startSite(all, { folder: join(root, 'dist') });
});

async function visitor(t, username) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  page.problems = [];
  page.on('console', (message) => message.type() === 'error' && page.problems.push(message.text()));
  page.on('pageerror', (error) => page.problems.push(error.message));
  page.on('dialog', (dialog) => dialog.accept());
  await context.request.post(`${site.url}/auth/test`, { form: { username, password: 'demo' }, headers: { Accept: 'application/json', Origin: site.url } });
  return page;
}

test('useInvites follows what is made and removed; usePendingInvite accepts once under double effects', async (t) => {
  const resource = freshResource();
  await setMember(site.url, resource, 'alice', 'arw');
  const alice = await visitor(t, 'alice');
  await alice.goto(`${site.files}/react.html?resource=${resource}`);
  await alice.getByText('0 open').waitFor();
  await alice.getByRole('button', { name: 'Create' }).click();
  await alice.getByText('1 open').waitFor();
  const { key } = await alice.evaluate(() => window.made);

  const bob = await visitor(t, 'bob');
  const accepts = [];
  bob.on('request', (request) => request.url().endsWith('/invites/accept') && accepts.push(request.url()));
  await bob.goto(`${site.files}/react.html#acceptInvite=${key}`);
  await bob.getByText('in: rw').waitFor();
  await bob.waitForLoadState('networkidle');
  assert.equal(accepts.length, 1);
  assert.deepEqual(await bob.evaluate(() => told.map(([type]) => type)), ['inviteaccepted']);

  await alice.getByRole('button', { name: 'Remove' }).click();
  await alice.getByText('0 open').waitFor();
  assert.deepEqual([...alice.problems, ...bob.problems], []);
});

test('React is not part of what the package brings', () => {
  const modules = output.flatMap(({ modules }) => Object.keys(modules ?? {}));
  assert.ok(modules.some((name) => name.includes('react-dom')));
  assert.ok(!modules.some((name) => name.includes('invite-keys/node_modules')));
});
