// 10,000 mutations of valid tokens: we accept what jose accepts, but for the classes in `stricter.mjs`.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import { ready, verifySignedKeySync } from '../../pkg/node.js';
import { VALID, mutate } from './support/mutations.mjs';
import { AUDIENCE, JWKS, NOW, SERVER, startProgram } from './support/program.mjs';
import { seeded } from './support/random.mjs';
import { STRICTER } from './stricter.mjs';

const COUNT = Number(process.env.INTEROP_MUTATIONS ?? 10_000);
const SEED = Number(process.env.INTEROP_SEED ?? 20_261_121);

let program;
before(async () => { program = await startProgram(); });
after(() => program.end());

const keys = jose.createLocalJWKSet(JWKS);
const options = {
  algorithms: ['EdDSA', 'Ed25519'],
  issuer: SERVER,
  audience: AUDIENCE,
  typ: 'invite+jwt',
  requiredClaims: ['iss', 'aud', 'jti', 'iat', 'exp', 'permissions'],
  currentDate: new Date(NOW * 1000),
  clockTolerance: 60,
};
const joseAccepts = (token) => jose.jwtVerify(token, keys, options).then(() => true, () => false);

test(`${COUNT} mutations get the verdict of jose, or one that is stricter by design`, async (t) => {
  const random = seeded(SEED);
  const mutations = Array.from({ length: COUNT }, () => mutate(random));
  const verdicts = await program.verify(mutations.map(({ token }) => token));
  assert.equal(verdicts.length, COUNT);

  // The module that pages load says the same, to the place and the sentence.
  await ready();
  const now = new Date(NOW * 1000);
  for (const [index, { token }] of mutations.entries()) {
    const { verdict, sentence, at } = verifySignedKeySync(`invs1_${token}`, JWKS, { audience: AUDIENCE, now });
    const { code, sentence: said, at: place } = verdicts[index];
    assert.deepEqual([verdict, sentence, at ?? null], [code, said, place ?? null], token);
  }

  const met = new Map(STRICTER.map(({ name }) => [name, 0]));
  const counts = { both: 0, neither: 0, stricter: 0 };
  const wrong = [];
  for (const [index, { kind, token }] of mutations.entries()) {
    const verdict = verdicts[index];
    const ours = verdict.code === 'authentic';
    const theirs = await joseAccepts(token);
    if (ours === theirs) {
      counts[ours ? 'both' : 'neither'] += 1;
      continue;
    }
    const classes = STRICTER.filter(({ is }) => theirs && is(verdict, token));
    if (classes.length === 1) {
      counts.stricter += 1;
      met.set(classes[0].name, met.get(classes[0].name) + 1);
    } else {
      wrong.push({ kind, token, verdict, jose: theirs, classes: classes.map(({ name }) => name) });
    }
  }
  t.diagnostic(`seed ${SEED}: ${JSON.stringify(counts)}`);
  for (const [name, count] of met) t.diagnostic(`${String(count).padStart(5)} ${name}`);
  assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} verdicts differ without a reason`);
  if (COUNT >= 10_000) {
    const never = [...met].filter(([, count]) => count === 0).map(([name]) => name);
    assert.deepEqual(never, [], 'classes that no mutation met: are they true?');
    assert.ok(counts.both > COUNT / 20, 'too few mutations that leave a token valid');
  }
});

test('the token that is mutated is one that both accept', async () => {
  const [verdict] = await program.verify([VALID]);
  assert.equal(verdict.code, 'authentic');
  assert.equal(await joseAccepts(VALID), true);
});
