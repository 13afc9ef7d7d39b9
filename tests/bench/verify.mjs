// What `cargo xtask bench verify` measures in one headless Chromium: each contender in a page and context of its own, so
// that nothing is cached, in turn, over several rounds. A row is the median of the rounds, its ratio the median of theirs.
import { appendFileSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SignJWT, importJWK } from 'jose';
import { build } from 'vite';
import { AUDIENCE, JWKS, KID, NOW, OUR_CLAIMS, PRIVATE_JWK, SERVER, toJwt } from '../interop/support/program.mjs';
import { launchChromium } from '../support/chromium.mjs';
import { freshResource, setMember, signIn, startServer } from '../support/server.mjs';

const { BENCH_ROWS } = process.env;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 9);
/** What takes milliseconds is at the mercy of whatever else runs just then. */
const SHORT_ROUNDS = 3 * ROUNDS;
/** Keys of one issuer, so that nobody can remember an answer; with the first ones the browser's compilers warm up. */
const KEYS = 2000;
const WARMING = 1000;

const here = dirname(fileURLToPath(import.meta.url));

/** What we are measured beside, each as the one file that a bundler makes of it. */
async function bundle(folder) {
  copyFileSync(join(here, 'browser', 'blank.html'), join(folder, 'blank.html'));
  const entries = {
    jose: "export { importJWK, jwtVerify } from 'jose';",
    supabase: "export { AuthClient } from '@supabase/auth-js';",
    plain: "export { connect } from './plain.js';",
  };
  for (const [name, code] of Object.entries(entries)) {
    await build({
      root: join(here, 'browser'),
      configFile: false,
      logLevel: 'error',
      plugins: [{ name: 'entry', resolveId: (id) => (id === 'entry' ? join(here, 'browser', `${name}-entry.js`) : undefined), load: (id) => (id.endsWith(`${name}-entry.js`) ? code : undefined) }],
      build: {
        outDir: folder,
        emptyOutDir: false,
        minify: true,
        target: 'esnext',
        rollupOptions: { input: 'entry', preserveEntrySignatures: 'strict', output: { format: 'es', entryFileNames: `${name}.js`, codeSplitting: false } },
      },
    });
  }
}

/** Keys as an issuer makes them, each another one. */
async function issue() {
  const signer = await importJWK({ ...PRIVATE_JWK, kid: KID }, 'EdDSA');
  const claims = toJwt(OUR_CLAIMS[0]);
  const header = { alg: 'EdDSA', kid: KID, typ: 'invite+jwt' };
  return Promise.all(Array.from({ length: KEYS }, (_, number) =>
    new SignJWT({ ...claims, jti: `invite_${number}` }).setProtectedHeader(header).sign(signer)));
}

// These run in the page.

const verifiers = {
  async ours({ tokens, jwks, audience, now, warming }) {
    const keys = tokens.map((token) => `invs1_${token}`);
    const options = { audience, now: now * 1000 };
    const good = ({ verdict }) => { if (verdict !== 'authentic') throw new Error(verdict); };
    let start = performance.now();
    const { verifySignedKey, verifySignedKeySync } = await import('/sdk/index.js');
    good(await verifySignedKey(keys[0], jwks, options));
    const cold = performance.now() - start;
    for (const key of keys.slice(0, warming)) good(verifySignedKeySync(key, jwks, options));
    start = performance.now();
    for (const key of keys.slice(warming)) good(verifySignedKeySync(key, jwks, options));
    return { cold, warm: (tokens.length - warming) / (performance.now() - start) * 1000 };
  },
  async jose({ tokens, jwks, audience, server, now, warming }) {
    const options = { issuer: server, audience, typ: 'invite+jwt', algorithms: ['EdDSA', 'Ed25519'], currentDate: new Date(now * 1000) };
    let start = performance.now();
    const { importJWK, jwtVerify } = await import('/site/jose.js');
    const key = await importJWK(jwks.keys[0], 'EdDSA');
    await jwtVerify(tokens[0], key, options);
    const cold = performance.now() - start;
    for (const token of tokens.slice(0, warming)) await jwtVerify(token, key, options);
    start = performance.now();
    for (const token of tokens.slice(warming)) await jwtVerify(token, key, options);
    return { cold, warm: (tokens.length - warming) / (performance.now() - start) * 1000 };
  },
  // The signature alone: neither header nor claims are read.
  async webcrypto({ tokens, jwks, warming }) {
    const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
    let key;
    const verify = async (token) => {
      const end = token.lastIndexOf('.');
      const right = await crypto.subtle.verify('Ed25519', key, bytes(token.slice(end + 1)), new TextEncoder().encode(token.slice(0, end)));
      if (!right) throw new Error('wrong');
    };
    let start = performance.now();
    const { kty, crv, x } = jwks.keys[0];
    key = await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', false, ['verify']);
    await verify(tokens[0]);
    const cold = performance.now() - start;
    for (const token of tokens.slice(0, warming)) await verify(token);
    start = performance.now();
    for (const token of tokens.slice(warming)) await verify(token);
    return { cold, warm: (tokens.length - warming) / (performance.now() - start) * 1000 };
  },
};

const firstCalls = {
  async ours({ key }) {
    const start = performance.now();
    const { invites } = await import('/sdk/index.js');
    const { permissions } = await invites.check(key);
    if (permissions !== 'rw') throw new Error('another answer');
    return { time: performance.now() - start };
  },
  async plain({ key }) {
    const start = performance.now();
    const { connect } = await import('/site/plain.js');
    const { permissions } = await connect().check(key);
    if (permissions !== 'rw') throw new Error('another answer');
    return { time: performance.now() - start };
  },
};

const imports = Object.fromEntries(Object.entries({ ours: '/sdk/index.js', plain: '/site/plain.js', supabase: '/site/supabase.js' })
  .map(([name, address]) => [name, [async (from) => {
    const start = performance.now();
    await import(from);
    return { time: performance.now() - start };
  }, address]]));

/** Runs each contender so many times, in an order that turns, and gives each number as a list. */
async function rounds(browser, url, count, contenders, argument, prepare) {
  const names = Object.keys(contenders);
  const numbers = Object.fromEntries(names.map((name) => [name, {}]));
  // The first round only warms up the disk and the browser.
  for (let round = 0; round <= count; round += 1) {
    for (let turn = 0; turn < names.length; turn += 1) {
      const name = names[(round + turn) % names.length];
      const [run, own] = [contenders[name]].flat();
      const context = await browser.newContext();
      await prepare?.(context);
      const page = await context.newPage();
      await page.goto(`${url}/site/blank.html`);
      const measured = await page.evaluate(run, own ?? argument);
      await context.close();
      if (round === 0) continue;
      for (const [what, number] of Object.entries(measured)) (numbers[name][what] ??= []).push(number);
    }
  }
  return numbers;
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

function row(what, unit, ours, peer, goal = {}) {
  const rounded = (number) => Number(number.toPrecision(4));
  const ratio = median(ours.map((number, round) => number / peer[round]));
  const line = { what, unit, ours: rounded(median(ours)), peer: rounded(median(peer)), ratio: rounded(ratio), ...goal };
  console.log(JSON.stringify(line));
  if (BENCH_ROWS) appendFileSync(BENCH_ROWS, `${JSON.stringify(line)}\n`);
}

const folder = mkdtempSync(join(tmpdir(), 'invite-keys-bench-'));
let server;
let browser;
try {
  await bundle(folder);
  server = await startServer({ args: ['--www', folder, '--log', 'error'] });
  browser = await launchChromium();
  const { url } = server;

  const verified = await rounds(browser, url, ROUNDS, verifiers, { tokens: await issue(), jwks: JWKS, audience: AUDIENCE, server: SERVER, now: NOW, warming: WARMING });
  const { ours, jose, webcrypto } = verified;
  row('verify one signed key, cold, beside jose (import to verdict)', 'ms', ours.cold, jose.cold, { atMost: 1.6 });
  row('verify one signed key, warm, beside jose', '/s', ours.warm, jose.warm, { atLeast: 1.25 });
  row('verify one signed key, cold, beside WebCrypto and nothing else', 'ms', ours.cold, webcrypto.cold);
  row('verify one signed key, warm, beside WebCrypto, the signature alone', '/s', ours.warm, webcrypto.warm);

  const resource = freshResource();
  await setMember(url, resource, 'alice', 'arw');
  const alice = await signIn(url, 'alice');
  const made = await fetch(`${url}/api/v1/resources/${resource}/invites`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${alice.bearer}` },
    body: JSON.stringify({ permissions: 'rw' }),
  });
  const { key } = await made.json();
  const [name, ...value] = alice.cookie.split('=');
  const signedIn = (context) => context.addCookies([{ name, value: value.join('='), url, httpOnly: true, sameSite: 'Lax' }]);
  const first = await rounds(browser, url, SHORT_ROUNDS, firstCalls, { key }, signedIn);
  row('first call answered, cold, beside JavaScript alone', 'ms', first.ours.time, first.plain.time, { atMost: 2.8 });

  const imported = await rounds(browser, url, SHORT_ROUNDS, imports);
  row('import of index.js, beside supabase auth-js', 'ms', imported.ours.time, imported.supabase.time, { atMost: 0.6 });
  row('import of index.js, beside JavaScript alone', 'ms', imported.ours.time, imported.plain.time, { atMost: 1.1 });
} finally {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
}
