// A page that is prerendered takes nothing until somebody sees it, and still has the invite then. Chromium runs without
// developer tools here, which forbid prerendering; the pages report to the site instead.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { chromiumArguments, chromiumPath } from '../support/chromium.mjs';
import { freshResource, setMember, signIn } from '../support/server.mjs';
import { installedProject, temporaryFolder } from './support/package.mjs';
import { startSite } from './support/site.mjs';

function startChromium(t, profile, url) {
  const child = spawn(chromiumPath(), ['--headless', ...chromiumArguments, `--user-data-dir=${profile}`, url], {
    detached: true, // a group of its own, so that all of it can be ended
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  t.after(async () => {
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  });
}

test('captured while prerendering, accepted when shown', { timeout: 60_000 }, async (t) => {
  const profile = await temporaryFolder(t);
  const folder = await installedProject(t, { files: ['prerender.html', 'prerendered.html'] });
  const reports = {};
  const heard = Object.fromEntries(['invitecaptured', 'inviteaccepted', 'inviterejected'].map((name) => [
    name, new Promise((resolve) => { reports[name] = resolve; }),
  ]));
  let go;
  const asked = new Promise((resolve) => { go = resolve; });
  const site = await startSite(t, {
    folder,
    report: async (name, request, response) => {
      if (name === 'go') return go(response);
      reports[name](JSON.parse(await text(request)));
      response.end();
    },
  });
  const resource = freshResource();
  await setMember(site.url, resource, 'alice', 'arw');
  const { bearer } = await signIn(site.url, 'alice');
  const created = await fetch(`${site.url}/api/v1/resources/${resource}/invites`, {
    method: 'POST', headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' }, body: '{"permissions":"rw"}',
  });
  const { key } = await created.json();
  startChromium(t, profile, `${site.files}/prerender.html#/files/prerendered.html?acceptInvite=${key}`);

  const captured = await heard.invitecaptured;
  assert.deepEqual([captured.prerendering, captured.shown], [true, false], 'it is prerendering');
  assert.equal(captured.address, `${site.files}/prerendered.html`);
  const goOn = await asked;
  assert.ok(!site.asked.some((path) => path.startsWith('/api/v1/invites/')), 'nothing was asked for by itself');
  goOn.end();

  const accepted = await Promise.race([heard.inviteaccepted, heard.inviterejected]);
  assert.deepEqual([accepted.prerendering, accepted.shown], [false, true]);
  assert.equal(accepted.detail.permissions, 'rw');
});
