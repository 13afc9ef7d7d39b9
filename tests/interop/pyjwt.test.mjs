// What we issue PyJWT verifies, and what PyJWT issues we verify.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pythonWith } from '../support/python.mjs';
import {
  AUDIENCE, KID, OUR_CLAIMS, PRIVATE_JWK, ROOT, SECRET, SERVER, startProgram, toJwt,
} from './support/program.mjs';

const INTEROP = join(ROOT, 'tests', 'interop');

let program;
before(async () => { program = await startProgram(); });
after(() => program.end());

const run = (command, args, input) =>
  spawnSync(command, args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });

test('PyJWT verifies what we issue, and we what it issues', async (t) => {
  const bin = pythonWith('interop-python', join(INTEROP, 'requirements.txt'));
  assert.ok(bin, 'Python with venv is missing (Debian: apt-get install python3-venv)');
  const ours = await Promise.all(OUR_CLAIMS.map((claims) => program.ask({ do: 'issue', secret: SECRET, claims })));
  const tokens = ours.map(({ key }) => key.slice('invs1_'.length));
  const forged = tokens[0].replace(/\.(.)/, (_, first) => `.${first === 'e' ? 'f' : 'e'}`);
  const answered = run(join(bin, 'python'), [join(INTEROP, 'support', 'pyjwt.py')], JSON.stringify({
    jwks: ours[0].jwks,
    private: { ...PRIVATE_JWK, kid: KID },
    kid: KID,
    issuer: SERVER,
    audience: AUDIENCE,
    tokens: [...tokens, forged],
    claims: OUR_CLAIMS.map(toJwt),
  }));
  assert.equal(answered.status, 0, answered.stderr);
  const { version, verified, issued } = JSON.parse(answered.stdout);
  t.diagnostic(`PyJWT ${version}`);
  assert.deepEqual(verified.slice(0, -1), OUR_CLAIMS.map(toJwt));
  assert.ok(verified.at(-1).error);

  const verdicts = await program.verify(issued);
  assert.deepEqual(verdicts.map(({ code }) => code), OUR_CLAIMS.map(() => 'authentic'), JSON.stringify(verdicts));
  const claims = JSON.parse(JSON.stringify(verdicts.map((verdict) => verdict.claims), (_, value) => value ?? undefined));
  assert.deepEqual(claims, OUR_CLAIMS);
});
