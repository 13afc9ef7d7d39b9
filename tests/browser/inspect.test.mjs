// The page that looks at what is pasted: what it says, where it marks, with the network off, and that nothing leaves it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { noProblems, stage } from './people.mjs';
import { signIn } from '../support/server.mjs';

const it = stage();
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const OPAQUE = 'inv1_OMUvgMnQHFYjTg1MPDEck1mquf66EY1dR9Mw';

/** The page, with all it needs. */
async function open(options = {}) {
  const page = await it.person('anybody', { signedIn: false, ...options });
  const answer = await page.goto('/site/inspect.html');
  const policy = answer.headers()['content-security-policy'];
  for (const part of ["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self'", "connect-src 'self'"]) assert.ok(policy.includes(part), policy);
  await page.getByText('All is here; you may switch the network off.').waitFor();
  return page;
}

async function paste(page, text, summary) {
  await page.getByLabel('Key, link or text').fill(text);
  await page.getByRole('status').getByText(summary, { exact: true }).waitFor();
}

const cards = (page) => page.getByRole('region', { name: 'What was found' }).getByRole('listitem').filter({ has: page.getByRole('heading') });
const marks = (page) => page.locator('#marked mark');

/** A signed key of this server, for a resource that anybody may name. */
async function signedKey(more = {}) {
  const { url } = it.server;
  const resource = await it.resource();
  const { cookie } = await signIn(url, 'alice');
  const answer = await fetch(`${url}/api/v1/resources/${resource}/invites`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: url, Cookie: cookie },
    body: JSON.stringify({ signed: true, permissions: 'rw', ...more }),
  });
  assert.equal(answer.status, 201);
  const { key } = await answer.json();
  return { key, resource };
}

test('with the network off: found, repaired and marked in place, emoji and all', async () => {
  const page = await open();
  await page.context().setOffline(true);
  const before = 'Hej 👋 Søren,\nkom med: <';
  const damaged = `https://host.example/notes/?lang=da&amp;acceptInvite=${OPAQUE.slice(0, 20)}\n${OPAQUE.slice(20)}`;
  const broken = 'https://host.example/notes/?acceptInvite=0b7e95c4d1';
  await paste(page, `${before}${damaged}>.\n👋 ${broken}\n`, '1 invite and 1 broken one.');

  const [whole, cut] = await cards(page).all();
  await whole.getByRole('heading', { name: 'Opaque key' }).waitFor();
  await whole.getByText('https://host.example/notes/?lang=da', { exact: true }).waitFor();
  await whole.getByText('It was broken over several lines.').waitFor();
  await whole.getByText('It was encoded as HTML.').waitFor();
  await cut.getByText('The key is too short (10 of 64 characters: cut off?).').waitFor();
  assert.deepEqual(await marks(page).allTextContents(), [`1${damaged}`, `2${broken}`]);
  const shown = await page.locator('#marked').textContent();
  assert.ok(shown.startsWith(`${before}1`) && shown.endsWith(`👋 2${broken}\n`));

  await whole.getByRole('button', { name: 'Copy the repaired link' }).click();
  await whole.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `https://host.example/notes/?lang=da&acceptInvite=${OPAQUE}`);

  await paste(page, 'nothing of that kind', 'There is no invite in it.');
  await paste(page, '0b7e95', '1 broken one.');
  await page.getByRole('button', { name: 'Try an example' }).click();
  await page.getByText('3 invites and 1 broken one.', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByText('Nothing yet: paste something.', { exact: true }).waitFor();
  assert.equal(await cards(page).count(), 0);
  noProblems(page);
});

test('a signed key is proved by this server’s keys, by pasted ones, and never by others', async () => {
  const { key, resource } = await signedKey({ maxUses: 3 });
  const page = await open();
  await page.context().setOffline(true);
  const [card] = [cards(page).first()];
  await paste(page, key, '1 invite.');
  await card.getByText('Proved', { exact: true }).waitFor();
  await card.getByText('Its issuer says').waitFor();
  await card.getByText(resource, { exact: true }).waitFor();
  await card.getByText('read, write', { exact: true }).waitFor();
  await card.getByText('at most 3', { exact: true }).waitFor();

  // One character of the signature is another.
  const at = key.length - 20;
  await paste(page, key.slice(0, at) + (key[at] === 'A' ? 'B' : 'A') + key.slice(at + 1), '1 invite.');
  await card.getByText('Wrong signature', { exact: true }).waitFor();
  await card.getByText('nobody has proved it').waitFor();

  await paste(page, key, '1 invite.');
  await page.getByText('Prove signed keys').click();
  await page.getByLabel('another server').check();
  await card.getByText('Looks right', { exact: true }).waitFor();
  await page.getByLabel('Its address').fill(it.server.url);
  await page.getByLabel('Its public keys').fill('{"keys":[]}');
  await card.getByText('Issuer unknown', { exact: true }).waitFor();
  await page.getByLabel('Its public keys').fill('{"keys":');
  await page.getByRole('alert').getByText('This is not a JWK set').waitFor();
  await page.getByLabel('Its public keys').fill(await (await fetch(`${it.server.url}/.well-known/jwks.json`)).text());
  await card.getByText('Proved', { exact: true }).waitFor();
  await page.getByLabel('Its address').fill('https://elsewhere.example');
  await card.getByText('For something else', { exact: true }).waitFor();
  noProblems(page);
});

test('what is pasted goes nowhere: no request, no attribute, no light DOM, no storage, no history', async () => {
  const page = await open();
  const sent = [];
  page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
  const { key } = await signedKey();
  await paste(page, `https://host.example/notes/?acceptInvite=${OPAQUE}#x and ${key}`, '2 invites.');
  const left = await page.evaluate(async () => {
    const attributes = [];
    const visit = (node) => {
      for (const { name, value } of node.attributes ?? []) attributes.push(`${name}=${value}`);
      for (const child of [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes]) visit(child);
    };
    visit(document.documentElement);
    return {
      attributes: attributes.join('\n'),
      light: document.documentElement.outerHTML,
      rest: JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, document.title, history.state, await indexedDB.databases(), await caches.keys()]),
    };
  });
  for (const [where, text] of Object.entries(left)) {
    assert.ok(!text.includes(OPAQUE) && !text.includes(key), `a key in ${where}`);
  }
  assert.deepEqual(sent, []);

  // Nor does it come back by itself.
  await page.reload();
  await page.getByText('All is here').waitFor();
  assert.equal(await page.getByLabel('Key, link or text').inputValue(), '');
  noProblems(page);
});

test('hostile texts are texts', async () => {
  const page = await open();
  const hostile = `<img src=x onerror=alert(1)> https://host.example/<script>alert(1)</script>/?acceptInvite=${OPAQUE} "javascript:alert(1)"`;
  await paste(page, hostile, '1 invite.');
  assert.ok((await page.locator('#marked').textContent()).includes('<img src=x onerror=alert(1)>'));
  assert.equal(await page.locator('#inspector img, #inspector script').count(), 0);
  noProblems(page);
});

test('by keyboard alone', async () => {
  const page = await open();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter'); // the skip link
  for (const name of ['Try an example', 'Key, link or text']) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const node = document.getElementById('inspector').shadowRoot.activeElement;
      return node?.labels?.[0]?.textContent ?? node?.textContent;
    });
    assert.equal(focused, name);
  }
  await page.keyboard.insertText(OPAQUE);
  await page.getByRole('status').getByText('1 invite.', { exact: true }).waitFor();
  noProblems(page);
});

for (const [name, options] of Object.entries({
  'light, desktop': { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  'dark, a phone of 320 pixels': { colorScheme: 'dark', viewport: { width: 320, height: 640 } },
  'forced colours': { forcedColors: 'active' },
})) {
  test(`axe-core finds nothing and nothing is too wide: ${name}`, async () => {
    const page = await open(options);
    await page.evaluate(axe);
    for (const state of ['empty', 'full']) {
      if (state === 'full') {
        await page.getByRole('button', { name: 'Try an example' }).click();
        await page.getByText('3 invites and 1 broken one.', { exact: true }).waitFor();
        await page.getByText('Prove signed keys', { exact: true }).click();
        await page.getByLabel('another server').check();
      }
      const { violations, passes } = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: 'tag', values } }), TAGS);
      assert.ok(passes.some(({ id }) => id === 'color-contrast' || id === 'label'), 'axe looked at the page');
      assert.deepEqual(violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary}`)), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), `${state}: too wide`);
    }
  });
}
