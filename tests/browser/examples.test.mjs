// The one-file examples, each in a real page: an invite comes in and is accepted, the manager lists what is open.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { createInvite, noProblems, stage } from './people.mjs';

const it = stage();
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const require = createRequire(import.meta.url);
const example = (name) => readFile(join(ROOT, 'www/examples', name), 'utf8');

/** A page of one's own at the server's origin, without the demo's content policy, which forbids inline scripts. */
async function serve(page, files) {
  await page.route(/\/(mine\.html|vue\.esm-browser\.js|bundle\.js)/, (route) => {
    const name = new URL(route.request().url()).pathname.slice(1);
    return route.fulfill({ contentType: name.endsWith('.js') ? 'text/javascript' : 'text/html', body: files[name] });
  });
}

async function link() {
  const alice = await it.person('alice');
  await alice.goto('/?resource=notes');
  return new URL(await createInvite(alice)).hash;
}

test('plain HTML', async () => {
  const dora = await it.person('dora');
  await serve(dora, { 'mine.html': await example('plain.html') });
  await dora.goto(`/mine.html${await link()}`);
  await dora.getByRole('button', { name: 'Accept' }).click();
  await dora.getByRole('heading', { name: /^You are in/ }).waitFor();
  await dora.getByText('Only admins can invite people here.').waitFor();
});

test('plain HTML, signed out: the link to the sign-in leads back', async () => {
  const erin = await it.person('erin', { signedIn: false });
  await serve(erin, { 'mine.html': await example('plain.html') });
  await erin.goto(`/mine.html${await link()}`);
  await erin.getByRole('link', { name: 'Sign in' }).click();
  assert.equal(new URL(erin.url()).searchParams.get('continue'), '/mine.html');
  await erin.getByLabel('Name').fill('erin');
  await erin.getByRole('button', { name: 'Sign in' }).click();
  await erin.waitForURL('**/mine.html/', { waitUntil: 'commit' });
  // What a redirect leads to is not routed: the example's page again, by hand.
  await erin.goto('/mine.html');
  await erin.getByRole('button', { name: 'Accept' }).click();
  await erin.getByRole('heading', { name: /^You are in/ }).waitFor();
});

test('Vue', async () => {
  const vue = await readFile(join(require.resolve('vue/package.json'), '..', 'dist/vue.esm-browser.prod.js'), 'utf8');
  const alice = await it.person('alice');
  await serve(alice, { 'mine.html': await example('vue.html'), 'vue.esm-browser.js': vue });
  await alice.goto('/mine.html');
  await createInvite(alice);
  const fay = await it.person('fay');
  await serve(fay, { 'mine.html': await example('vue.html'), 'vue.esm-browser.js': vue });
  await fay.goto(`/mine.html${await link()}`);
  await fay.getByRole('button', { name: 'Accept the invite' }).click();
  await fay.getByText('You are in: r.').waitFor();
  noProblems(alice);
});

test('Svelte', async () => {
  const { compile } = await import('svelte/compiler');
  const component = compile(await example('Invites.svelte'), { generate: 'client' }).js.code;
  const sources = {
    'virtual:entry': `import { setPolicy } from '/sdk/auto.js'; setPolicy('off'); import { mount } from 'svelte'; import Invites from 'virtual:component';
      mount(Invites, { target: document.body, props: { resource: 'notes' } });`,
    'virtual:component': component,
  };
  const plugin = {
    name: 'example',
    enforce: 'pre',
    resolveId(id) {
      if (sources[id]) return id;
      // The package as the server serves it.
      if (id.startsWith('/sdk/')) return { id, external: true };
      if (id === 'invite-keys' || id.startsWith('invite-keys/')) return { id: `/sdk/${id.split('/')[1] ?? 'index'}.js`, external: true };
      return undefined;
    },
    load: (id) => sources[id],
  };
  const [{ output }] = [await build({
    root: join(ROOT, 'tests'), configFile: false, logLevel: 'error', plugins: [plugin],
    build: { write: false, rollupOptions: { input: 'virtual:entry' } },
  })].flat();
  const files = { 'bundle.js': output[0].code, 'mine.html': '<!doctype html><html lang="en"><title>Svelte</title><body><script type="module" src="/bundle.js"></script>' };
  const alice = await it.person('alice');
  await serve(alice, files);
  await alice.goto('/mine.html');
  await createInvite(alice);
  const gil = await it.person('gil');
  await serve(gil, files);
  await gil.goto(`/mine.html${await link()}`);
  await gil.getByRole('button', { name: 'Accept the invite' }).click();
  await gil.getByText('You are in: r.').waitFor();
  noProblems(alice);
});
