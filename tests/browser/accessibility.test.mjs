// axe-core finds nothing in any state, light and dark, desktop and phone; nothing is wider than a small phone.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { everyState, stageOfStates } from './states.mjs';

const it = stageOfStates();
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function findings(page) {
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axe);
  const { violations, passes } = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: 'tag', values } }), TAGS);
  assert.ok(passes.some(({ id }) => id === 'color-contrast'), 'axe looked at the page');
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`));
}

/** Content that a person would have to scroll sideways for. */
function tooWide(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

for (const [name, options] of Object.entries({
  'light, desktop': { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  'dark, a phone of 320 pixels': { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
})) {
  test(name, async () => {
    const seen = {};
    await everyState(it, options, async (state, page) => {
      const found = await findings(page);
      const excess = await tooWide(page);
      if (excess > 0) found.push(`${excess} pixels too wide`);
      if (found.length) seen[state] = found;
    });
    assert.deepEqual(seen, {});
  });
}

test('forced colours leave every state readable and operable', async () => {
  const alice = await it.person('alice', { forcedColors: 'active' });
  await alice.goto('/?resource=notes');
  await alice.getByRole('button', { name: 'Create invite link' }).waitFor();
  assert.deepEqual(await findings(alice), []);
});
