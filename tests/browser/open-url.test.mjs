// A server that is no demo, as its operator wants it: "Open it" and an accept lead to the operator's own product.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launchChromium } from '../support/chromium.mjs';
import { makeKey, startIssuer } from '../support/issuer.mjs';
import { startServer } from '../support/server.mjs';
import { noProblems, watchForProblems } from './people.mjs';

const client = { client_id: 'invites', client_secret: 'a secret of this test' };
let browser, folder, issuer, product, server;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** What the product was asked for. */
const asked = [];

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'invite-keys-open-'));
  const secret = join(folder, 'client-secret');
  writeFileSync(secret, client.client_secret);
  product = createServer((request, response) => {
    asked.push({ url: request.url, referer: request.headers.referer });
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Product</title><link rel="icon" href="data:,"><h1>The document</h1>');
  });
  await new Promise((resolve) => { product.listen(0, '127.0.0.1', resolve); });
  [browser, issuer] = await Promise.all([launchChromium(), startIssuer()]);
  server = await startServer({
    demo: false,
    args: ['--database', join(folder, 'invites.db'), '--oidc-issuer', issuer.url, '--oidc-client-id', client.client_id,
      '--oidc-client-secret-file', secret, '--name', 'Example Docs', '--color', '#ffcc00', '--open-url', `${address()}/d/{resource}?from=invites`,
      '--contact-url', 'mailto:help@example.com'],
  });
  issuer.open({ client, keys: [await makeKey('first', 'ES256')], redirect: `${server.url}/auth/oidc/callback`, goodbye: `${server.url}/` });
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await issuer?.stop();
  product?.closeAllConnections();
  product?.close();
  rmSync(folder, { recursive: true, force: true });
});

const address = () => `http://127.0.0.1:${product.address().port}`;

async function person(name, options) {
  const context = await browser.newContext({ baseURL: server.url, reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  page.problems = watchForProblems(page);
  if (!name) return page;
  await page.goto('/auth/oidc/login');
  await page.getByLabel('Who are you?').fill(name);
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.locator('#account').getByText(`of the issuer`).waitFor();
  return page;
}

/** What a visitor sees of a page: its words and its title. */
async function seen(page) {
  const text = await page.evaluate(() => [document.title, document.body.innerText, ...document.querySelectorAll('meta')].map((part) => part.content ?? part).join('\n'));
  assert.ok(!/demo|\balice\b|\bbob\b|this machine|nothing leaves/i.test(text), text);
  return text;
}

test('an accept ends in the operator\'s product, and "Open it" leads there', async () => {
  const ada = await person('ada');
  await seen(ada);
  await ada.getByLabel('Create a resource').fill('Plan & more');
  await ada.getByRole('button', { name: 'Create', exact: true }).click();
  const manager = ada.locator('invite-manager');
  await manager.getByRole('button', { name: 'Create invite link' }).click();
  const field = manager.getByLabel('Invite link', { exact: true });
  await field.waitFor();
  const link = await field.inputValue();
  const resource = new URL(link).pathname.split('/')[1];
  assert.equal(await ada.title(), 'Plan & more · Example Docs');
  await seen(ada);
  const there = `${address()}/d/${resource}?from=invites`;
  assert.equal(await ada.getByRole('link', { name: 'Open it' }).getAttribute('href'), there);
  assert.ok(link.startsWith(`${server.url}/`), 'a link still leads to where it is accepted');

  const ben = await person('ben');
  await ben.goto(link);
  await ben.getByText('Ada of the issuer invites you to', { exact: true }).waitFor();
  assert.equal(await ben.title(), 'An invite for you · Example Docs');
  await seen(ben);
  assert.deepEqual(asked, [], 'nothing is asked for before somebody accepts');
  await ben.getByRole('button', { name: 'Accept' }).click();
  await ben.getByRole('heading', { name: 'The document' }).waitFor();
  assert.equal(ben.url(), there);
  assert.deepEqual(asked, [{ url: `/d/${resource}?from=invites`, referer: undefined }], 'no key and no page of ours is told');

  await ben.goto(`/${resource}/`);
  await ben.getByRole('heading', { name: 'Who has access' }).waitFor();
  await seen(ben);
  await ben.getByRole('link', { name: 'Open it' }).click();
  await ben.getByRole('heading', { name: 'The document' }).waitFor();
  noProblems(ada, ben);
});

for (const [colorScheme, width] of [['light', 1280], ['dark', 360]]) test(`whoever is not signed in can read the name, and whom to ask: ${colorScheme}, ${width} pixels`, async () => {
  const page = await person(null, { colorScheme, viewport: { width, height: 720 } });
  for (const path of ['/', '/join', '/somewhere/', '/site/inspect.html', '/no/such/page']) {
    await page.goto(path);
    await page.locator('h1:visible').first().waitFor();
    const text = await seen(page);
    assert.ok(text.includes('Example Docs'), `${path}: ${text}`);
    assert.equal(await page.getByRole('link', { name: 'Contact' }).getAttribute('href'), 'mailto:help@example.com');
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, `${path} is too wide`);
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => window.axe.run(document));
    assert.ok(passes.some(({ id }) => id === 'color-contrast'), 'axe looked at the page');
    assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target)}`), [], path);
  }
});

test('the modules of a page are loaded once, from addresses that are kept', async () => {
  const page = await person();
  const loaded = [];
  page.on('response', (response) => loaded.push(response));
  await page.goto('/join');
  await page.getByRole('heading', { name: 'No invite here' }).waitFor();
  const files = loaded.map((response) => new URL(response.url()).pathname).filter((path) => /^\/(sdk|site)\//.test(path));
  assert.ok(files.length > 5, files.join());
  assert.deepEqual(files.filter((path) => !/^\/(sdk|site)\/@[\w-]{16}\//.test(path)), [], 'each with its version');
  const modules = files.filter((path) => path.endsWith('.js'));
  assert.equal(new Set(modules).size, modules.length, 'each once');
  // What a script of one's own names plainly is the very same module.
  assert.ok(await page.evaluate(async () => {
    const [plain, kept] = await Promise.all([import('/sdk/index.js'), import(document.querySelector('link[rel="modulepreload"]').href)]);
    return plain.invites === kept.invites;
  }));
  // The server is not asked about them again.
  const logged = (route) => server.stderr.split(`route="${route}"`).length;
  const [pages, modulesAsked] = [logged('/join'), logged('/sdk/{*path}')];
  await page.goto('/join');
  await page.getByRole('heading', { name: 'No invite here' }).waitFor();
  await page.waitForLoadState('networkidle');
  assert.equal(logged('/sdk/{*path}'), modulesAsked);
});
