// Starts the real server on a free port for one test file; every test file has its own.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The server's binary: `INVITE_SERVER_BIN`, else what cargo built last in the usual place. */
export function serverBinary() {
  return binary('invite-server', 'INVITE_SERVER_BIN');
}

function binary(program, variable) {
  if (process.env[variable]) return process.env[variable];
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
  const found = ['debug', 'release'].map((profile) => join(target, profile, program)).find(existsSync);
  if (!found) throw new Error(`No ${program} binary: set ${variable} or run \`cargo build -p ${program}\`.`);
  return found;
}

/**
 * Starts `invite-server --demo --listen 127.0.0.1:0` and resolves once it has said its address.
 *
 * @param {{ args?: string[], listen?: string, env?: Record<string, string>, startTimeout?: number }} [options]
 *   `demo: false` leaves the test sign-in out; `args` come after `--demo --listen …`; `listen` is for starting again at the same address after `kill()`.
 */
export async function startServer({ demo = true, args = [], listen = '127.0.0.1:0', ...how } = {}) {
  return start('invite-server', serverBinary(), [...(demo ? ['--demo'] : []), '--listen', listen, ...args], how);
}

/** Starts the original Webstrates 1.8, emulated with its faults (`crates/webstrates-emulator`): `WEBSTRATES_EMULATOR_BIN`, else as `startServer`. */
export async function startEmulator({ args = [], listen = '127.0.0.1:0', ...how } = {}) {
  return start('webstrates-emulator', binary('webstrates-emulator', 'WEBSTRATES_EMULATOR_BIN'), ['--listen', listen, ...args], how);
}

async function start(program, path, args, { env = {}, startTimeout = 30_000 }) {
  const child = spawn(path, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const announcement = new RegExp(`^${program} listening on (http://\\S+)`);
  let stderr = '';
  let stdout = '';
  child.stderr.setEncoding('utf8').on('data', (text) => { stderr += text; });
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  // A test that dies must not leave its server behind.
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  ended.then(() => process.off('exit', endWithUs));

  const lines = createInterface({ input: child.stdout });
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail('did not say its address in time'), startTimeout);
    function fail(what) {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`${program} ${what}.\n${stdout}${stderr}`));
    }
    child.once('error', (error) => fail(`could not be started (${error.message})`));
    ended.then(({ code, signal }) => fail(`ended with ${signal ?? code} before it listened`));
    lines.on('line', (line) => {
      stdout += `${line}\n`;
      const address = announcement.exec(line)?.[1];
      if (!address) return;
      clearTimeout(timer);
      resolve(address.replace(/\/$/, ''));
    });
  });

  return {
    url,
    pid: child.pid,
    /** All it has written so far. */
    get stderr() { return stderr; },
    get stdout() { return stdout; },
    /** Asks it to shut down gracefully, and insists after ten seconds. */
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return ended;
      child.kill('SIGTERM');
      const insist = setTimeout(() => child.kill('SIGKILL'), 10_000);
      const how = await ended;
      clearTimeout(insist);
      return how;
    },
    /** `kill -9`: resolves when the process is gone. */
    async kill() {
      child.kill('SIGKILL');
      return ended;
    },
    async [Symbol.asyncDispose]() { await this.stop(); },
  };
}

/** Signs in through the test login; `cookie` is for requests by hand, `bearer` for the SDK. */
export async function signIn(url, username) {
  const response = await fetch(`${url}/auth/test`, {
    method: 'POST',
    headers: { Accept: 'application/json', 'Content-Type': 'application/x-www-form-urlencoded', Origin: url },
    body: new URLSearchParams({ username, password: 'demo' }),
    redirect: 'manual',
  });
  if (!response.ok) throw new Error(`Sign-in as ${username} answered ${response.status}: ${await response.text()}`);
  const cookie = response.headers.getSetCookie().map((line) => line.split(';', 1)[0]).join('; ');
  return { ...await response.json(), cookie };
}

/** Sets what one person may do with a resource (creates the resource; `null` takes all away). */
export async function setMember(url, resource, username, permissions) {
  const response = await fetch(`${url}/demo/members/${resource}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: url },
    body: JSON.stringify({ username, permissions }),
  });
  if (!response.ok) throw new Error(`setMember answered ${response.status}: ${await response.text()}`);
}

/** A resource name nobody used before, so that tests on one server do not meet. */
export function freshResource(prefix = 'test') {
  return `${prefix}-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
}
