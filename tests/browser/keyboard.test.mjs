// The whole main job without a mouse, and the focus where the work is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noProblems, stage } from './people.mjs';

const it = stage();

/** What a screen reader would call the focused element, looked up through shadow roots. */
function focused(page) {
  return page.evaluate(() => {
    let node = document.activeElement;
    while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    const words = node?.labels?.[0] ?? node;
    return node?.getAttribute('aria-label')
      ?? [...words?.querySelectorAll('span') ?? []].concat(words ?? []).find((part) => part.ariaHidden !== 'true' && part.innerText)?.innerText.split('\n')[0].trim() ?? '';
  });
}

async function tabTo(page, name) {
  const passed = [];
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    if (now.startsWith(name)) return;
    passed.push(now);
  }
  assert.fail(`Tab never reached “${name}”, only ${passed.join(' · ')}`);
}

async function focusIs(page, name) {
  await page.waitForFunction((wanted) => {
    let node = document.activeElement;
    while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    return (node?.getAttribute('aria-label') ?? node?.innerText ?? '').startsWith(wanted);
  }, name);
}

test('sign in, create, copy, accept, revoke with keys only', async () => {
  const resource = await it.resource();
  const alice = await it.person('alice', { signedIn: false });
  await alice.goto(`/?resource=${resource}`);
  await alice.getByRole('button', { name: 'Sign in as Alice' }).waitFor();
  await alice.keyboard.press('Tab');
  assert.equal(await focused(alice), 'Skip to the content');
  await tabTo(alice, 'Sign in as Alice');
  await alice.keyboard.press('Enter');

  const manager = alice.locator('invite-manager');
  await manager.getByText('No open invites.').waitFor();
  await tabTo(alice, 'Read');
  await alice.keyboard.press('ArrowDown');
  assert.ok(await manager.getByRole('radio', { name: 'Read and write' }).isChecked());
  await tabTo(alice, 'Link works for');
  await tabTo(alice, 'Create invite link');
  await alice.keyboard.press('Enter');
  await focusIs(alice, 'Copy link');
  await alice.keyboard.press('Enter');
  await manager.getByRole('button', { name: 'Copied', exact: true }).waitFor();
  assert.match(await manager.locator('.announcer').textContent(), /^Link copied\./);
  const link = await alice.evaluate(() => navigator.clipboard.readText());

  const bob = await it.person('bob', { signedIn: false });
  await bob.goto(link);
  await bob.getByText('Sign in to accept.').waitFor();
  await tabTo(bob, 'Sign in as Bob');
  await bob.keyboard.press('Enter');
  await bob.getByRole('button', { name: 'Accept' }).waitFor();
  await tabTo(bob, 'Accept');
  await bob.keyboard.press('Enter');
  await focusIs(bob, 'You are in');
  await tabTo(bob, 'Open it');
  await bob.keyboard.press('Enter');
  await bob.waitForURL(`**/${resource}/`);

  await manager.getByText('Bob joined', { exact: true }).waitFor();
  await tabTo(alice, 'Revoke: Read and write');
  await alice.keyboard.press('Enter');
  await focusIs(alice, 'Keep it');
  await alice.keyboard.press('Escape');
  await focusIs(alice, 'Revoke: Read and write');
  await alice.keyboard.press('Enter');
  await focusIs(alice, 'Keep it');
  await tabTo(alice, 'Revoke invite');
  await alice.keyboard.press('Enter');
  await manager.getByText('No open invites.').waitFor();
  await focusIs(alice, 'Open invites');
  noProblems(alice, bob);
});

test('refreshing the list takes the focus from nobody', async () => {
  const resource = await it.resource();
  const alice = await it.person('alice');
  await alice.goto(`/?resource=${resource}`);
  const manager = alice.locator('invite-manager');
  await manager.getByRole('button', { name: 'Create invite link' }).click();
  await manager.getByRole('button', { name: /^Revoke:/ }).focus();
  const listed = alice.waitForResponse((response) => response.url().includes('/invites') && response.request().method() === 'GET');
  await alice.evaluate(() => dispatchEvent(new Event('focus')));
  await listed;
  await focusIs(alice, 'Revoke: Read');
  noProblems(alice);
});
