// What the SDK sends is what the server's own OpenAPI document says it takes: each path, method, query and member.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from '../../pkg/node.js';
import { freshResource, setMember, signIn, startServer } from '../support/server.mjs';

let server;
let description;
before(async () => {
  server = await startServer();
  description = await (await fetch(`${server.url}/api/v1/openapi.json`)).json();
});
after(() => server?.stop());

/** The operation of the document that a request is. */
function operationOf(method, path) {
  for (const [pattern, operations] of Object.entries(description.paths)) {
    const fits = new RegExp(`^${pattern.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
    if (fits && operations[method.toLowerCase()]) return operations[method.toLowerCase()];
  }
  return assert.fail(`the document has no ${method} ${path}`);
}

const resolved = (schema) => (schema?.$ref ? description.components.schemas[schema.$ref.split('/').at(-1)] : schema);

test('what is sent is what the document describes', async () => {
  const seen = new Set();
  const observe = async (...args) => {
    const request = new Request(...args);
    const { pathname, searchParams } = new URL(request.url);
    const body = await request.clone().text();
    const operation = operationOf(request.method, pathname);
    const parameters = (where) => (operation.parameters ?? []).filter((each) => each.in === where).map(({ name }) => name.toLowerCase());
    for (const name of searchParams.keys()) assert.ok(parameters('query').includes(name), `${request.method} ${pathname}: ?${name}`);
    if (request.headers.has('idempotency-key')) assert.ok(parameters('header').includes('idempotency-key'), pathname);
    if (body && body !== '{}') {
      const schema = resolved(operation.requestBody?.content['application/json'].schema);
      for (const name of Object.keys(JSON.parse(body))) {
        assert.ok(schema?.properties?.[name], `${request.method} ${pathname}: the member ${name}`);
        seen.add(name);
      }
    }
    seen.add(`${request.method} ${pathname.replace(resource, '*').replace(/invite_[\w-]+/, '*')}`);
    return fetch(request);
  };
  const resource = freshResource();
  await setMember(server.url, resource, 'alice', 'arw');
  const as = async (username) => {
    const { bearer } = await signIn(server.url, username);
    return connect({ server: server.url, resource, dialect: 'http', auth: { bearer }, fetch: observe });
  };
  const [alice, bob] = [await as('alice'), await as('bob')];
  const invite = await alice.create({ permissions: 'rw', maxAge: 60, maxUses: 2, message: 'Hello', label: 'Notes', extras: { a: 1 } }, undefined, { idempotencyKey: 'once' });
  const again = await alice.create({ permissions: 'rw', maxAge: 60, maxUses: 2, message: 'Hello', label: 'Notes', extras: { a: 1 } }, undefined, { idempotencyKey: 'once' });
  assert.equal(again.id, invite.id);
  const signed = await alice.create({ signed: true });
  assert.match(signed.key, /^invs1_/);
  const bound = await alice.create({ email: 'somebody@example.com' });
  assert.equal(await bob.accept(bound).catch(({ code }) => code), 'wrong_account');
  await bob.preview(invite.key);
  await bob.check(invite.key, resource);
  assert.equal(await bob.accept(invite.key, resource), 'rw');
  for await (const each of alice.list({ status: 'pending', everyone: true, pageSize: 1 })) assert.ok(each.id);
  assert.equal((await alice.get()).length, 3);
  const members = [];
  for await (const each of alice.members()) members.push(each);
  assert.equal(members.length, 2);
  await alice.remove(invite.key);
  const { key, ...byId } = signed;
  await alice.remove(byId);
  assert.deepEqual([...seen].filter((name) => name.includes(' ')).sort(), [
    'DELETE /api/v1/resources/*/invites/*', 'GET /.well-known/invite-keys', 'GET /api/v1/resources/*/invites', 'GET /api/v1/resources/*/members',
    'POST /api/v1/invites/accept', 'POST /api/v1/invites/check', 'POST /api/v1/invites/remove', 'POST /api/v1/resources/*/invites',
  ]);
});
