// What must not count: links that are fetched, prefetched or framed by somebody else than the person, and everything that a
// page of another origin makes the browser of a signed-in person send.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { freshResource, setMember, signIn } from '../support/server.mjs';
import { stage } from './people.mjs';

const it = stage();

/** Another server, which answers every path with an empty page. */
const elsewhere = createServer((request, response) => {
  response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Elsewhere</title><body>');
});
before(() => once(elsewhere.listen(0, '127.0.0.1'), 'listening'));
after(() => { elsewhere.closeAllConnections(); elsewhere.close(); });

/** `127.0.0.1` on another port is another origin of the same site, which SameSite cookies do not stop; `localhost` is
    another site altogether. */
const ORIGINS = { 'another origin of the same site': '127.0.0.1', 'another site': 'localhost' };

/** A resource of alice's and a key to it. */
async function scene() {
  const resource = freshResource();
  await setMember(it.server.url, resource, 'alice', 'arw');
  const { bearer } = await signIn(it.server.url, 'alice');
  const ask = async (path, body) => (await fetch(`${it.server.url}/api/v1/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' },
    body: body && JSON.stringify(body),
  })).json();
  const invite = await ask(`resources/${resource}/invites`, { permissions: 'rw' });
  /** All that somebody could have changed. */
  const stored = async () => [
    (await ask(`resources/${resource}/invites?everyone=true`)).invites.map(({ id, uses }) => ({ id, uses })),
    (await ask(`resources/${resource}/members`)).members,
  ];
  return { resource, invite, stored, before: await stored() };
}

test('looking, by whatever means and as whomever, accepts nothing', async () => {
  const { resource, invite, stored, before: untouched } = await scene();
  const { cookie, bearer } = await signIn(it.server.url, 'bob');
  const lookers = {
    nobody: {},
    'a mail scanner': { 'User-Agent': 'Mozilla/5.0 (compatible; BingPreview/1.0b)', 'X-Forwarded-For': '40.94.0.1' },
    'a prefetch': { Cookie: cookie, 'Sec-Purpose': 'prefetch', 'Sec-Fetch-Site': 'same-origin' },
    'a prerender': { Cookie: cookie, 'Sec-Purpose': 'prefetch;prerender', 'Sec-Fetch-Site': 'none' },
    'a page of ours': { Cookie: cookie, Origin: it.server.url, 'Sec-Fetch-Site': 'same-origin' },
    'a program': { Authorization: `Bearer ${bearer}` },
  };
  const addresses = [
    `/${resource}/?acceptInvite=${invite.key}`, `/${resource}?acceptInvite=${invite.key}`, `/join?acceptInvite=${invite.key}`,
    `/?acceptInvite=${invite.key}`, `/api/v1/invites/accept?key=${invite.key}`, `/api/v1/invites/check?key=${invite.key}`,
    `/api/v1/resources/${resource}/invites/${invite.id}`,
  ];
  for (const [who, headers] of Object.entries(lookers)) {
    for (const address of addresses) {
      for (const method of ['GET', 'HEAD', 'OPTIONS']) {
        const response = await fetch(it.server.url + address, { method, headers });
        await response.arrayBuffer();
        assert.ok(response.status < 500, `${method} ${address} by ${who}: ${response.status}`);
      }
    }
  }
  assert.deepEqual(await stored(), untouched);
});

for (const [where, host] of Object.entries(ORIGINS)) {
  test(`${where}: a link that it prefetches, embeds or frames is only looked at`, async () => {
    const { resource, invite, stored, before: untouched } = await scene();
    const bob = await it.person('bob');
    await bob.goto(`http://${host}:${elsewhere.address().port}/`);
    const links = [`/${resource}/?acceptInvite=${invite.key}`, `/join#acceptInvite=${invite.key}&resource=${resource}`];
    const framed = await bob.evaluate(async ({ url, addresses }) => {
      const made = [];
      for (const address of addresses) {
        for (const [name, attributes] of [
          ['link', { rel: 'prefetch', href: url + address }], ['link', { rel: 'preload', as: 'fetch', href: url + address }],
          ['img', { src: url + address }], ['script', { src: url + address }], ['iframe', { src: url + address }],
          ['object', { data: url + address }],
        ]) {
          const element = Object.assign(document.createElement(name), attributes);
          const settled = new Promise((resolve) => { element.onload = resolve; element.onerror = resolve; });
          document.body.append(element);
          // A preload is not told of everywhere; what is sent for it is sent all the same.
          made.push(Promise.race([settled, new Promise((resolve) => { setTimeout(resolve, 3000); })]));
        }
        made.push(fetch(url + address, { mode: 'no-cors', credentials: 'include' }).catch(() => {}));
      }
      await Promise.all(made);
      // Of a document that may not be framed there is nothing to reach, not even a title.
      return [...document.querySelectorAll('iframe')].map((frame) => frame.contentDocument?.title ?? 'out of reach');
    }, { url: it.server.url, addresses: links });
    assert.deepEqual(framed, links.map(() => 'out of reach'));
    assert.deepEqual(await stored(), untouched);
  });

  test(`${where}: what it posts in a signed-in person's name changes nothing`, async () => {
    const { resource, invite, stored, before: untouched } = await scene();
    const key = JSON.stringify(invite.key);
    // A form's text/plain is `name=value`: so is JSON, if one cuts it at its only `=`.
    const cut = (json) => [json.replace(/}$/, ',"x":"'), '"}'];
    const calls = {
      '/api/v1/invites/accept': `{"key":${key}}`,
      '/api/v1/invites/remove': `{"key":${key}}`,
      '/api/v1/pending': `{"key":${key}}`,
      [`/api/v1/invites/${invite.id}/resend`]: '{"maxAge":1}',
      [`/api/v1/resources/${resource}/invites`]: '{"permissions":"arw"}',
      [`/demo/members/${resource}`]: '{"username":"eve","permissions":"arw"}',
    };
    for (const username of ['alice', 'bob']) {
      const person = await it.person(username);
      const from = `http://${host}:${elsewhere.address().port}`;
      await person.goto(from);
      const answers = [];
      person.on('response', (response) => {
        const request = response.request();
        if (request.url().startsWith(it.server.url) && request.method() !== 'OPTIONS') {
          answers.push({ what: `${request.method()} ${request.url()}`, status: response.status() });
        }
      });
      // Forms, all at once, each into a frame of its own, as a form leads away.
      const forms = Object.entries({ ...calls, '/auth/logout': '{}', [`/${resource}/`]: '{"token":"60"}' }).flatMap(([path, json]) => [
        ['text/plain', ...cut(json)], ['application/x-www-form-urlencoded', 'token', '60'], ['multipart/form-data', 'key', invite.key],
      ].map(([enctype, name, value]) => ({ action: it.server.url + path, enctype, name, value })));
      await person.evaluate((all) => all.forEach(({ action, enctype, name, value }, number) => {
        document.body.append(Object.assign(document.createElement('iframe'), { name: `frame${number}` }));
        const form = Object.assign(document.createElement('form'), { method: 'post', action, enctype, target: `frame${number}` });
        form.append(Object.assign(document.createElement('textarea'), { name, value }));
        document.body.append(form);
        form.submit();
      }), forms);
      while (answers.length < forms.length) await person.waitForEvent('response');
      // What scripts can send: without asking first, and what the browser asks about first.
      const readable = await person.evaluate(async ({ url, all, deleted }) => {
        const tries = Object.entries(all).flatMap(([path, body]) => [
          { path, mode: 'no-cors', method: 'POST', type: 'text/plain', body },
          { path, mode: 'no-cors', method: 'POST', type: 'application/x-www-form-urlencoded', body },
          { path, mode: 'cors', method: 'POST', type: 'text/plain', body },
          { path, mode: 'cors', method: 'POST', type: 'application/json', body },
        ]);
        tries.push({ path: deleted, mode: 'cors', method: 'DELETE', type: 'application/json', body: '{}' });
        const read = [];
        for (const { path, mode, method, type, body } of tries) {
          navigator.sendBeacon(url + path, new Blob([body], { type: 'text/plain' }));
          await fetch(url + path, { method, mode, credentials: 'include', headers: { 'Content-Type': type }, body }).then(
            (response) => { if (response.type !== 'opaque') read.push(`${method} ${path}`); },
            () => {},
          );
        }
        return read;
      }, { url: it.server.url, all: calls, deleted: `/api/v1/resources/${resource}/invites/${invite.id}` });
      assert.deepEqual(readable, [], 'nothing is answered that it could read');
      assert.deepEqual(answers.filter(({ status }) => status < 400), []);
      assert.ok(answers.length > 0);
      assert.deepEqual(await stored(), untouched);
      const kept = await person.context().cookies(it.server.url);
      assert.ok(kept.some(({ name }) => name === 'session'), 'still signed in');
      await person.context().close();
    }
  });

  test(`${where}: a socket that it opens is nobody's, and events are not for it`, async () => {
    const { resource, invite, stored, before: untouched } = await scene();
    const alice = await it.person('alice');
    const frames = [
      { wa: 'createInvite', d: resource, options: { permissions: 'arw', maxAge: 3600 } }, { wa: 'getInvites', d: resource },
      { wa: 'checkInvite', d: resource, options: { key: invite.key } }, { wa: 'acceptInvite', d: resource, options: { key: invite.key } },
      { wa: 'removeInvite', d: resource, options: { key: invite.key } },
    ];
    const talk = async ({ url, id, all }) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/${id}/`);
      const replies = new Map();
      await new Promise((resolve) => {
        socket.onclose = resolve;
        socket.onmessage = ({ data }) => {
          const frame = JSON.parse(data);
          if (frame.a === 'init') all.forEach((one, token) => socket.send(JSON.stringify({ ...one, token: String(token) })));
          if (frame.wa === 'reply') replies.set(frame.token, frame.error ?? 'done');
          if (replies.size === all.length) resolve();
        };
      });
      socket.close();
      const stream = new EventSource(`${url}/api/v1/resources/${id}/events`, { withCredentials: true });
      const events = await new Promise((resolve) => {
        stream.onopen = () => resolve('open');
        stream.onerror = () => resolve('refused');
      });
      stream.close();
      return [[...replies.values()], events];
    };
    const given = { url: it.server.url, id: resource, all: frames };
    await alice.goto(`http://${host}:${elsewhere.address().port}/`);
    assert.deepEqual(await alice.evaluate(talk, given), [frames.map(() => 'Must be logged in to handle invites'), 'refused']);
    assert.deepEqual(await stored(), untouched);
    // The same from our own page: so it was the origin.
    await alice.goto(`/${resource}/`);
    const [replies, events] = await alice.evaluate(talk, { ...given, all: frames.slice(0, 3) });
    assert.deepEqual([replies, events], [['done', 'done', 'done'], 'open']);
  });
}
