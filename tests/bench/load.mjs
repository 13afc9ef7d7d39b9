// What the measurements of servers have in common: programs that end with this one, the load tool, medians and rows.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const { OHA, BENCH_ROWS } = process.env;

const children = new Set();
process.once('exit', endAll);
// What is told to end ends what it has started, too.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

/** Ends every program that was started. */
export function endAll() {
  for (const child of children) child.removeAllListeners('exit').kill('SIGKILL');
  children.clear();
}

/** Starts a server and resolves to its address once it has said it. */
export function start(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const address = /listening on (http:\/\/\S+)/.exec(line)?.[1];
      if (address) resolve(address.replace(/\/$/, ''));
    });
  });
}

/** A bearer, by the test sign-in. */
export async function signIn(url, username) {
  const response = await fetch(`${url}/auth/test`, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', origin: url },
    body: new URLSearchParams({ username, password: 'bench' }),
  });
  return (await response.json()).bearer;
}

/** Runs the load tool against a path of `{name, url, …bearers}`, as the one whose bearer has the name `who`; `body` is
    one for all, `bodies` a file with one a line, and without either it reads. `{perSecond, median}` (median latency in
    milliseconds). Every answer has to be a success. */
export function load(server, who, path, { body, bodies, callers, amount }) {
  const sent = bodies ? ['-Z', bodies] : ['-d', body];
  const writes = bodies || body ? ['-m', 'POST', '-T', 'application/json', ...sent] : [];
  const run = spawnSync(OHA, [
    '--no-tui', '--output-format', 'json', '--disable-color', '-c', String(callers), ...amount, ...writes,
    '-H', `authorization: Bearer ${server[who]}`, server.url + path,
  ], { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (run.status !== 0) throw new Error(`oha failed: ${run.stderr}`);
  const said = JSON.parse(run.stdout);
  const codes = Object.keys(said.statusCodeDistribution);
  if (codes.length === 0 || codes.some((code) => !/^20[01]$/.test(code))) {
    throw new Error(`${server.name} ${path} answered ${JSON.stringify(said.statusCodeDistribution)}`);
  }
  const errors = Object.keys(said.errorDistribution).filter((error) => error !== 'aborted due to deadline');
  if (errors.length > 0) throw new Error(`${server.name} ${path}: ${errors}`);
  const answered = Object.values(said.statusCodeDistribution).reduce((all, count) => all + count, 0);
  return { perSecond: said.summary.requestsPerSec, median: said.latencyPercentiles.p50 * 1000, answered };
}

export const median = (numbers) => {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
};

/** Says what was measured, and hands it over for the table. `rounds` are pairs: ours, and what stands beside it. */
export function row({ what, unit, rounds, ...goal }) {
  const fields = {
    what, unit, ...goal,
    ours: median(rounds.map(([one]) => one)),
    peer: median(rounds.map(([, other]) => other)),
    ratio: median(rounds.map(([one, other]) => one / other)),
  };
  console.log(`    ${what}: ${fields.ours.toFixed(3)} ${unit}, ratio ${fields.ratio.toFixed(2)}`);
  appendFileSync(BENCH_ROWS, `${JSON.stringify(fields)}\n`);
}
