// The one place that says which browser the tests use and how it is started.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The browser: `CHROMIUM`, else the first known name on PATH. */
export function chromiumPath() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (!found) throw new Error('No Chromium found: install it (Debian: apt-get install chromium) or set CHROMIUM.');
  return found;
}

/** Offline and quiet: a browser under test talks to nobody but the server under test. */
export const chromiumArguments = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--no-proxy-server',
];

/** Options for playwright-core's `chromium.launch`. */
export function launchOptions(more = {}) {
  const { args = [], ...rest } = more;
  return { executablePath: chromiumPath(), headless: true, args: [...chromiumArguments, ...args], ...rest };
}

/** Launches Chromium through playwright-core. */
export async function launchChromium(more = {}) {
  const { chromium } = await import('playwright-core');
  return chromium.launch(launchOptions(more));
}
