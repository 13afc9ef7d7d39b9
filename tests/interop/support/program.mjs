// The Rust side: `crates/invite-key/examples/signed_keys.rs`, one JSON request a line, one answer a line.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
export const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');

export const SERVER = 'https://invites.example';
export const AUDIENCE = `${SERVER}/notes`;
export const NOW = 1_795_262_400;
/** RFC 8037, appendix A: as hex digits, and as a JWK. */
export const SECRET = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
export const PRIVATE_JWK = {
  kty: 'OKP',
  crv: 'Ed25519',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
};
export const KID = 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k';
export const JWKS = { keys: [{ kty: 'OKP', crv: 'Ed25519', x: PRIVATE_JWK.x, kid: KID, use: 'sig' }] };

/** What the Rust side issues, and the same as JWT claims. */
export const OUR_CLAIMS = [
  { issuer: SERVER, resource: 'notes', id: 'invite_1', issuedAt: NOW, expiresAt: NOW + 604_800, permissions: 'r' },
  {
    issuer: SERVER, resource: 'notes', id: 'invite_2', issuedAt: NOW, notBefore: NOW - 10, expiresAt: NOW + 60,
    permissions: 'arw', maxUses: 5, inviter: 'Åse "the boss" 測試 🗝',
  },
];

export const toJwt = (claims) => JSON.parse(JSON.stringify({
  iss: claims.issuer,
  aud: `${claims.issuer}/${claims.resource}`,
  jti: claims.id,
  iat: claims.issuedAt,
  nbf: claims.notBefore,
  exp: claims.expiresAt,
  permissions: claims.permissions,
  max_uses: claims.maxUses,
  inviter: claims.inviter,
}));

/** The program: `SIGNED_KEYS_BIN`, else what cargo builds now. */
function binary() {
  const { SIGNED_KEYS_BIN } = process.env;
  if (SIGNED_KEYS_BIN) return SIGNED_KEYS_BIN;
  const built = spawnSync(
    'cargo',
    ['build', '--quiet', '--package', 'invite-key', '--features', 'issue', '--example', 'signed_keys'],
    { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (built.status !== 0) throw new Error('The example signed_keys does not build.');
  return join(TARGET, 'debug', 'examples', 'signed_keys');
}

/** Starts the program; `ask(request)` gives its answer, `end()` ends it. */
export async function startProgram() {
  const child = spawn(binary(), { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('The program has ended.');
      const answer = JSON.parse(value);
      if (answer.error) throw new Error(answer.error);
      return answer;
    },
    /** The verdicts about some tokens, which are keys without their prefix. */
    verify(tokens, jwks = JWKS, now = NOW) {
      const keys = tokens.map((token) => `invs1_${token}`);
      return this.ask({ do: 'verify', jwks: JSON.stringify(jwks), audience: AUDIENCE, now, keys });
    },
    async end() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}
