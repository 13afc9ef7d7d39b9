// A bundle by Vite: built and previewed, and in its development server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { build, createServer, preview } from 'vite';
import { launchChromium } from '../support/chromium.mjs';
import { freshResource, setMember } from '../support/server.mjs';
import { expected } from './projects/story.js';
import { installedProject } from './support/package.mjs';
import { startSite } from './support/site.mjs';

let browser;
before(async () => { browser = await launchChromium(); });
after(() => browser.close());

const base = '/files/';

async function tells(t, vite) {
  const site = await startSite(t, { upstream: vite.resolvedUrls.local[0].replace(base, '') });
  const page = await browser.newPage();
  t.after(() => page.close());
  await page.goto(`${site.files}/`);
  await page.waitForFunction(() => window.tell);
  for (const dialect of ['http', 'webstrates']) {
    const resource = freshResource();
    await setMember(site.url, resource, 'alice', 'arw');
    assert.deepEqual(await page.evaluate((options) => tell(options), { dialect, resource }), expected(dialect), dialect);
  }
}

test('vite build, vite preview', async (t) => {
  const root = await installedProject(t, { files: ['index.html', 'main.js', 'story.js'] });
  const { output } = await build({ root, base, configFile: false, logLevel: 'error' });
  const wasm = output.map(({ fileName }) => fileName).filter((name) => name.endsWith('.wasm'));
  assert.deepEqual(wasm.map((name) => /(\w+)_bg/.exec(name)[1]).sort(), ['core', 'find', 'offline', 'qr'], 'each .wasm once, as a file of its own');
  const entry = output.find(({ isEntry }) => isEntry);
  assert.ok(!entry.imports.length, 'what the page loads first is one file');
  const later = output.map(({ fileName }) => fileName).filter((name) => /(accept|events|rescue|offline|find|qr)-.*\.js$/.test(name));
  assert.equal(later.length, 6, 'what is loaded later is not in it');
  const server = await preview({ root, base, configFile: false, logLevel: 'error', preview: { host: '127.0.0.1', port: 0 } });
  t.after(() => server.close());
  await tells(t, server);
});

test('vite (the development server), which optimizes dependencies', async (t) => {
  const root = await installedProject(t, { files: ['index.html', 'main.js', 'story.js'] });
  const server = await createServer({
    root, base, configFile: false, logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, hmr: false, ws: false },
  });
  await server.listen();
  t.after(() => server.close());
  await tells(t, server);
});
