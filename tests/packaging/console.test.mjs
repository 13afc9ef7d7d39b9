// The developer tools' way in: one import from the server itself, on any page.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { before, test } from 'node:test';
import { launchChromium } from '../support/chromium.mjs';
import { freshResource, setMember, startServer } from '../support/server.mjs';
import { suite } from './support/suite.mjs';

const all = suite();
let browser, server;
before(async () => {
  browser = await launchChromium();
  all.after(() => browser.close());
  server = await startServer();
  all.after(() => server.stop());
});

test('import(<server>/sdk/console.js) puts `invites` on window and says what to try, without a key', async (t) => {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const said = [];
  page.on('console', (message) => said.push(message.text()));
  const resource = freshResource();
  await setMember(server.url, resource, 'alice', 'arw');
  await context.request.post(`${server.url}/auth/test`, {
    form: { username: 'alice', password: 'demo' }, headers: { Accept: 'application/json', Origin: server.url },
  });
  await page.goto(`${server.url}/`);
  const same = await page.evaluate(async (url) => {
    const { invites } = await import(`${url}/sdk/console.js`);
    return invites === window.invites;
  }, server.url);
  assert.ok(same);
  assert.ok(said.some((text) => text.includes('invites.create') && text.includes(server.url)), said.join('\n'));
  const { key, permissions } = await page.evaluate((id) => invites.create({ permissions: 'r' }, id), resource);
  assert.equal(permissions, 'r');
  assert.equal(await page.evaluate((id) => invites.get(id).then((list) => list.length), resource), 1);
  await page.evaluate(() => invites.help());
  const help = said.at(-1);
  assert.match(help, /maxUses: 1/);
  assert.ok(said.every((text) => !text.includes(key)));
  // The same words from a server that cannot: only what it can.
  await page.route('**/.well-known/invite-keys', (route) => route.fulfill({ json: { 'invite-keys': 1, dialect: 'http', api: '/api/v1', features: [] } }));
  await page.reload();
  await page.evaluate((url) => import(`${url}/sdk/console.js`).then(() => invites.help()), server.url);
  assert.ok(!said.at(-1).includes('maxUses') && said.at(-1).includes('invites.check'));
});

test('a page that has configured a server keeps it', async (t) => {
  const page = await browser.newPage();
  t.after(() => page.close());
  const said = [];
  page.on('console', (message) => said.push(message.text()));
  await page.goto(`${server.url}/`);
  const asked = await page.evaluate(async () => {
    const { configure, invites } = await import('/sdk/index.js');
    const servers = [];
    const fetch = async (url) => {
      servers.push(new URL(url).origin);
      return Response.json({ invites: [] });
    };
    configure({ server: 'https://other.example', dialect: 'http', fetch });
    const { invites: same } = await import('/sdk/console.js');
    await same.get('notes');
    invites.close();
    await invites.get('notes');
    return servers;
  });
  assert.deepEqual(asked, ['https://other.example', 'https://other.example']);
  assert.ok(said.some((text) => text.includes('is ready here. For example')), said.join('\n'));
});

test('on a page of another origin it speaks with the server that it came from', async (t) => {
  const page = await browser.newPage();
  t.after(() => page.close());
  const asked = [];
  page.on('request', (request) => asked.push(request.url()));
  const elsewhere = createServer((request, response) => response.setHeader('Content-Type', 'text/html').end('<title>elsewhere</title>'));
  await new Promise((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  t.after(() => elsewhere.close());
  await page.goto(`http://127.0.0.1:${elsewhere.address().port}/`);
  await page.evaluate(async (url) => {
    const { invites } = await import(`${url}/sdk/console.js`);
    await invites.get('notes').catch(() => {});
  }, server.url);
  assert.ok(asked.some((url) => url === `${server.url}/.well-known/invite-keys`), asked.join('\n'));
});
