// The conformance page in headless Chromium against the real server, and what only somebody outside the page can do to it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { launchChromium } from '../support/chromium.mjs';
import { killed, restarted } from './killed.mjs';
import { stage } from './serve.mjs';

const LONGEST = 240_000;
/** In every broken key of groups/input.js that somebody may have mistyped. */
const BROKEN = 'a1b2c3d4'.repeat(7);
let browser;
before(async () => { browser = await launchChromium(); });
after(() => browser?.close());

describe('the page against the server', async () => {
  const scene = stage();
  let server;
  let report;
  let keys;
  const told = [];

  before(async () => {
    server = await scene.start();
    const page = await browser.newPage();
    page.on('console', (message) => told.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => told.push(`pageerror: ${error.stack}`));
    await page.goto(server.url + scene.page);
    await page.waitForFunction(() => window.conformance?.done, null, { timeout: LONGEST });
    report = JSON.parse(await page.evaluate(() => JSON.stringify(window.conformance)));
    keys = await page.evaluate(() => window.conformance.secrets());
    await page.close();
  });
  after(async () => {
    await server?.stop();
    scene.remove();
  });

  it('runs every row and group', async (t) => {
    const rows = JSON.parse(readFileSync(new URL('cases.json', import.meta.url), 'utf8'));
    const ran = report.results.filter(({ part }) => part === 'table').map(({ name }) => name);
    assert.deepEqual(ran, rows.map(({ row }) => row));
    for (const { part, name, ok, skipped, detail, milliseconds } of report.results) {
      await t.test(`${part}: ${name}`, { skip: skipped ? 'native only' : false }, (subtest) => {
        if (ok && detail) subtest.diagnostic(`${detail} (${milliseconds} ms)`);
        assert.ok(ok, detail);
      });
    }
  });

  it('leaves the console clean', () => {
    // Chromium itself notes each 4xx and each socket that was refused.
    const expected = /^error: (Failed to load resource: the server responded with a status of 4\d\d|WebSocket connection to )/;
    assert.deepEqual(told.filter((line) => !expected.test(line)), []);
  });

  it('a key is found in no console, log, error or database', async () => {
    assert.ok(keys.length > 300, `${keys.length} keys were issued`);
    await server.stop();
    const places = new Map([
      ['the console', Buffer.from(told.join('\n'))], ['standard error', Buffer.from(server.stderr)],
      ['standard output', Buffer.from(server.stdout)], ['the report', Buffer.from(JSON.stringify(report))],
      ...readdirSync(scene.data).map((name) => [name, readFileSync(join(scene.data, name))]),
    ]);
    // What must be found shows that the search would find: names stand in the database, requests in the log.
    const data = readdirSync(scene.data);
    assert.ok(data.some((name) => places.get(name).includes('webstrates-guest-99')), `there is a database to search in ${data}`);
    assert.ok(server.stderr.includes('/api/v1/invites/accept'), 'there is a log to search');
    keys.push(BROKEN);
    for (const [place, bytes] of places) {
      const text = bytes.toString('latin1');
      const found = keys.filter((key) => text.includes(key) || text.includes(key.toUpperCase())
        || (key.length === 64 && bytes.includes(Buffer.from(key, 'hex'))));
      assert.equal(found.length, 0, `${found.length} keys stand in ${place}`);
    }
  });
});

describe('a server that is killed', () => {
  it('100 calls under way on each dialect all settle', { timeout: LONGEST }, async (t) => t.diagnostic(await killed(browser, stage())));
  it('what was acknowledged is there after kill -9, and the same connection goes on', { timeout: LONGEST }, async (t) => t.diagnostic(await restarted(browser, stage())));
});
