// Takes a picture of every state, wide and narrow, light and dark: node browser/look.mjs [folder]
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { everyState, stageOfStates } from './states.mjs';

const folder = process.argv[2] ?? fileURLToPath(new URL('../../target/pictures', import.meta.url));
await mkdir(folder, { recursive: true });
const it = stageOfStates();

for (const colorScheme of ['light', 'dark']) {
  for (const width of [1280, 360]) {
    test(`${width} ${colorScheme}`, () => everyState(it, { colorScheme, viewport: { width, height: 800 } }, (state, page) =>
      page.screenshot({ path: join(folder, `${state}-${width}-${colorScheme}.png`), fullPage: true })));
  }
}
