// What we issue jose verifies, and what jose issues we verify.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import { AUDIENCE, JWKS, KID, NOW, OUR_CLAIMS, PRIVATE_JWK, SECRET, SERVER, startProgram, toJwt } from './support/program.mjs';

let program;
before(async () => { program = await startProgram(); });
after(() => program.end());

const options = { issuer: SERVER, audience: AUDIENCE, typ: 'invite+jwt', currentDate: new Date(NOW * 1000) };

test('jose verifies what we issue, with the JWK set that we publish', async () => {
  for (const claims of OUR_CLAIMS) {
    const { key, jwks, kid } = await program.ask({ do: 'issue', secret: SECRET, claims });
    assert.equal(kid, KID);
    assert.equal(kid, await jose.calculateJwkThumbprint(JSON.parse(jwks).keys[0]));
    const token = key.slice('invs1_'.length);
    const set = jose.createLocalJWKSet(JSON.parse(jwks));
    const { payload, protectedHeader } = await jose.jwtVerify(token, set, options);
    assert.deepEqual(payload, toJwt(claims));
    assert.deepEqual(protectedHeader, { alg: 'EdDSA', kid, typ: 'invite+jwt' });
    const again = await program.ask({ do: 'issue', secret: SECRET, claims });
    assert.equal(again.key, key, 'the same claims make the same key');
    await assert.rejects(jose.jwtVerify(token, set, { ...options, currentDate: new Date((NOW + 1e6) * 1000) }), {
      code: 'ERR_JWT_EXPIRED',
    });
  }
});

test('we verify what jose issues, with either name of the algorithm', async () => {
  for (const alg of ['EdDSA', 'Ed25519']) {
    const privateKey = await jose.importJWK(PRIVATE_JWK, alg);
    for (const claims of OUR_CLAIMS) {
      const token = await new jose.SignJWT(toJwt(claims))
        .setProtectedHeader({ typ: 'invite+jwt', kid: KID, alg })
        .sign(privateKey);
      const [verdict] = await program.verify([token]);
      assert.equal(verdict.code, 'authentic', JSON.stringify(verdict));
      assert.deepEqual(JSON.parse(JSON.stringify(verdict.claims, (_, value) => value ?? undefined)), claims);
      const [late] = await program.verify([token], JWKS, NOW + 1e6);
      assert.equal(late.code, 'expired');
    }
  }
});

test('a fresh key pair of jose works, under the kid it gets', async () => {
  const { publicKey, privateKey } = await jose.generateKeyPair('EdDSA', { extractable: true });
  const kid = '2026-11';
  const jwks = { keys: [{ ...(await jose.exportJWK(publicKey)), kid, alg: 'EdDSA', use: 'sig' }] };
  const sign = (header) => new jose.SignJWT(toJwt(OUR_CLAIMS[0])).setProtectedHeader(header).sign(privateKey);
  const right = await sign({ alg: 'EdDSA', kid, typ: 'invite+jwt' });
  const unknown = await sign({ alg: 'EdDSA', kid: '2025-11', typ: 'invite+jwt' });
  const [first, second] = await program.verify([right, unknown], jwks);
  assert.equal(first.code, 'authentic');
  assert.equal(second.code, 'unknown_key');
  const [foreign] = await program.verify([await sign({ alg: 'EdDSA', kid: KID, typ: 'invite+jwt' })]);
  assert.equal(foreign.code, 'bad_signature');
});
