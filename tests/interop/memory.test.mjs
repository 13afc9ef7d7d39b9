// What the modules are given they wipe: no secret is left in their memory once they have answered, as far as the answer does
// not hold it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { InviteError } from '../../pkg/node.js';
import { AUDIENCE, JWKS, NOW, OUR_CLAIMS, SECRET, startProgram } from './support/program.mjs';
import { seeded } from './support/random.mjs';

const start = async (name) => {
  const module = await import(`../../pkg/wasm/${name}.js`);
  const { memory } = module.initSync({ module: readFileSync(new URL(`../../pkg/wasm/${name}_bg.wasm`, import.meta.url)) });
  module.setErrorClass?.(InviteError);
  return { ...module, holds: (text) => Buffer.from(memory.buffer).includes(text) };
};
/** Letters that stand nowhere else, so that what is found of them was left behind. */
const marked = (length) => {
  const { pick } = seeded(length);
  return Array.from({ length }, () => pick('BCDFGHJKLMNPQRSTVWXZ')).join('');
};
const pieces = (text) => [text.slice(8, 24), text.slice(-24, -8)];

let program;
before(async () => { program = await startProgram(); });
after(() => program.end());

test('the scan finds what is there', async () => {
  const { holds } = await start('offline');
  assert.ok(holds('expired'));
});

test('keys: inspect, parseLink and buildLink that fail, verifySignedKey', async () => {
  const offline = await start('offline');
  const key = `inv1_${marked(36)}`;
  assert.equal(offline.inspect(key).reason, 'checksum');
  assert.equal(offline.inspect(`https://host/notes/?acceptInvite=${key}`).reason, 'checksum');
  assert.throws(() => offline.parseLink(`https://host/notes/?acceptInvite=${key}#${marked(3000)}`), { message: /typing error/ });
  assert.throws(() => offline.buildLink({ page: '/', key, in: 'query' }), { message: /typing error/ });
  for (const piece of [...pieces(key), ...pieces(marked(3000))]) assert.ok(!offline.holds(piece), piece);

  const { key: signed } = await program.ask({ do: 'issue', secret: SECRET, claims: OUR_CLAIMS[0] });
  for (let round = 0; round < 3; round += 1) {
    assert.equal(offline.verifySignedKey(signed, JWKS, { audience: AUDIENCE, now: NOW * 1000 }).verdict, 'authentic');
  }
  assert.equal(offline.inspect(signed).verdict, 'plausible');
  // What makes it a key is the signature. Its bytes are what verifying computes and compares: those stay.
  for (const piece of pieces(signed.split('.')[2])) assert.ok(!offline.holds(piece), piece);
});

test('texts: find, of a text that undoing changes in every way', async () => {
  const { find, holds } = await start('find');
  const secret = marked(60);
  const text = `${secret} =3D=\n &amp; <https://host/?x=\n${secret}> https://nam01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fhost%2F${secret} ${'x'.repeat(3000)}`;
  assert.equal(find(text).length, 0);
  for (const piece of pieces(secret)) assert.ok(!holds(piece), piece);
});

test('links: qrCode', async () => {
  const { qrCode, holds } = await start('qr');
  assert.ok(qrCode(marked(300)).startsWith('<svg'));
  for (const piece of pieces(marked(300))) assert.ok(!holds(piece), piece);
});
