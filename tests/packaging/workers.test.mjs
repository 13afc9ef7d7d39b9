// A dedicated worker and a service worker, both of them modules.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launchChromium } from '../support/chromium.mjs';
import { freshResource, setMember } from '../support/server.mjs';
import { expected } from './projects/story.js';
import { installedProject } from './support/package.mjs';
import { startSite } from './support/site.mjs';

let browser;
before(async () => { browser = await launchChromium(); });
after(() => browser.close());

for (const [kind, tell] of [['a dedicated worker', 'tellInWorker'], ['a service worker', 'tellInServiceWorker']]) {
  test(kind, async (t) => {
    const folder = await installedProject(t, {
      files: ['worker.html', 'worker-page.js', 'worker.js', 'service-worker.js', 'story.js'],
    });
    const site = await startSite(t, { folder });
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(`${site.files}/worker.html`);
    await page.waitForFunction((name) => window[name], tell);
    for (const dialect of ['http', 'webstrates']) {
      const resource = freshResource();
      await setMember(site.url, resource, 'alice', 'arw');
      assert.deepEqual(
        await page.evaluate(([name, options]) => window[name](options), [tell, { dialect, resource }]),
        expected(dialect),
        dialect,
      );
    }
  });
}
