// What we issue PyJWT verifies, and what PyJWT issues we verify.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  AUDIENCE, KID, OUR_CLAIMS, PRIVATE_JWK, ROOT, SECRET, SERVER, TARGET, startProgram, toJwt,
} from './support/program.mjs';

const INTEROP = join(ROOT, 'tests', 'interop');
const VENV = join(TARGET, 'interop-python');

let program;
before(async () => { program = await startProgram(); });
after(() => program.end());

const run = (command, args, input) =>
  spawnSync(command, args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });

/** A Python that has PyJWT, in a virtual environment under `target`; `undefined` where there is no Python. */
function python() {
  const found = ['python3', 'python'].find((name) => run(name, ['-m', 'venv', '--help']).status === 0);
  if (!found) return undefined;
  const inside = join(VENV, process.platform === 'win32' ? 'Scripts' : 'bin', 'python');
  const requirements = join(INTEROP, 'requirements.txt');
  if (!existsSync(inside)) {
    mkdirSync(TARGET, { recursive: true });
    const made = run(found, ['-m', 'venv', VENV]);
    assert.equal(made.status, 0, made.stderr);
  }
  const installed = run(inside, [
    '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', requirements,
  ]);
  assert.equal(installed.status, 0, installed.stderr);
  return inside;
}

test('PyJWT verifies what we issue, and we what it issues', async (t) => {
  const interpreter = python();
  if (!interpreter) return t.skip('no Python with venv on this machine');
  const ours = await Promise.all(OUR_CLAIMS.map((claims) => program.ask({ do: 'issue', secret: SECRET, claims })));
  const tokens = ours.map(({ key }) => key.slice('invs1_'.length));
  const forged = tokens[0].replace(/\.(.)/, (_, first) => `.${first === 'e' ? 'f' : 'e'}`);
  const answered = run(interpreter, [join(INTEROP, 'support', 'pyjwt.py')], JSON.stringify({
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
