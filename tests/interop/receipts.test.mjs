// A backend that does not want to ask verifies a receipt itself, with jose and the keys that the server publishes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import { freshResource, setMember, signIn, startServer } from '../support/server.mjs';

let server;
before(async () => { server = await startServer(); });
after(() => server?.stop());

async function call(bearer, path, body) {
  const response = await fetch(server.url + path, {
    method: 'POST',
    headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(response.ok, `${path} answered ${response.status}`);
  return response.json();
}

test('jose verifies a receipt, and takes nothing else for one', async () => {
  const resource = freshResource('receipt');
  await setMember(server.url, resource, 'alice', 'arw');
  const [alice, bob] = await Promise.all([signIn(server.url, 'alice'), signIn(server.url, 'bob')]);
  const invite = await call(alice.bearer, `/api/v1/resources/${resource}/invites`, { permissions: 'rw', signed: true });
  const { receipt } = await call(bob.bearer, '/api/v1/invites/accept', { key: invite.key });

  const keys = jose.createRemoteJWKSet(new URL('/.well-known/jwks.json', server.url));
  const options = { issuer: server.url, audience: `${server.url}/${resource}`, typ: 'invite-receipt+jwt', algorithms: ['EdDSA'] };
  const { payload } = await jose.jwtVerify(receipt, keys, options);
  assert.equal(payload.exp - payload.iat, 300);
  assert.equal(payload.sub, 'bob:test');
  const { user, invite: id, permissions, gained } = payload;
  assert.deepEqual([user.username, user.provider, id, permissions, gained], ['bob', 'test', invite.id, 'rw', 'rw']);
  assert.match(payload.jti, /^receipt_/);

  // The invite's own key is signed with the same keys, and is no receipt.
  await assert.rejects(jose.jwtVerify(invite.key.slice('invs1_'.length), keys, options), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'typ' });
  await assert.rejects(jose.jwtVerify(receipt, keys, { ...options, audience: `${server.url}/other` }), { claim: 'aud' });
  await assert.rejects(jose.jwtVerify(receipt, keys, { ...options, currentDate: new Date((payload.exp + 1) * 1000) }), { code: 'ERR_JWT_EXPIRED' });
  const [header, , signature] = receipt.split('.');
  const eve = jose.base64url.encode(JSON.stringify({ ...payload, sub: 'eve:test' }));
  await assert.rejects(jose.jwtVerify(`${header}.${eve}.${signature}`, keys, options), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' });
});
