// Errors are thrown where the caller stands: what is printed of one that nobody catches.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { before, test } from 'node:test';
import { promisify } from 'node:util';
import { launchChromium } from '../support/chromium.mjs';
import { installedProject } from './support/package.mjs';
import { startSite } from './support/site.mjs';
import { suite } from './support/suite.mjs';

const run = promisify(execFile);
const all = suite();
let folder;
before(async () => { folder = await installedProject(all, { files: ['uncaught.js', 'blank.html'] }); });

for (const [which, code] of Object.entries({ call: 'malformed_key', list: 'invalid_option', pending: 'aborted', closed: 'closed', offline: 'malformed_key', ready: 'load_failed', install: 'unsupported', sync: 'malformed_key' })) {
  test(`Node: the caller's line and the code, and nothing of ours: ${which}`, async () => {
    const { stderr } = await run(process.execPath, ['uncaught.js', which], { cwd: folder, timeout: 60_000 }).catch((error) => error);
    const [head, first] = stderr.slice(stderr.indexOf('InviteError')).split('\n');
    assert.ok(head.startsWith(`InviteError [${code}]: `), head);
    // The first line of the stack is in the page's own file.
    assert.match(first, /^ {4}at .*uncaught\.js:\d+:\d+/, stderr);
    assert.match(stderr, new RegExp(`code: '${code}'`));
    assert.ok(!/index\.js|wasm/.test(stderr), stderr);
    assert.ok(stderr.length < 2000, `${stderr.length} characters`);
  });
}

test('Chromium: the caller\'s line and the sentence, and nothing of ours', async (t) => {
  const browser = await launchChromium();
  t.after(() => browser.close());
  const site = await startSite(t, { folder });
  const page = await browser.newPage();
  await page.goto(`${site.files}/blank.html`);
  const thrown = page.waitForEvent('pageerror');
  await page.addScriptTag({ type: 'module', content: `
    import { connect } from './node_modules/invite-keys/index.js';
    const { check } = connect({ server: location.origin, dialect: 'http' });
    async function theCaller() { await check('nothing'); }
    theCaller();
  ` });
  const { name, message, stack } = await thrown;
  assert.equal(name, 'InviteError');
  assert.match(message, /^Invalid invitation key: /);
  const frames = stack.split('\n').filter((line) => line.startsWith('    at '));
  assert.match(frames[0], /theCaller/, stack);
  assert.ok(!/index\.js|wasm/.test(stack), stack);
});
