// What `cargo xtask bench server` measures. Both servers are given the same calls by the same load tool (oha), in turn,
// over ROUNDS rounds; a row is the median of the rounds. Both wait for the disk with every change that they acknowledge.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { fill, forget, openDatabase } from './fill.mjs';

const { INVITE_SERVER_BIN, OHA, BENCH_ROWS, BENCH_FOLDER } = process.env;
const EXPRESS = join(dirname(fileURLToPath(import.meta.url)), 'express', 'server.mjs');
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const CALLERS = 64;
/** The load tool takes keys at random: of ten times as many as there are accepts, one in twenty comes twice. */
const ACCEPTS = Number(process.env.BENCH_ACCEPTS ?? 2000);
const KEYS = 10 * ACCEPTS;
/** Invites in the database when latency is measured. */
const SIZES = (process.env.BENCH_SIZES ?? '1000,100000,1000000').split(',').map(Number);
/** Few callers, so that what is measured is the work and not the queue. */
const CALLERS_FOR_LATENCY = 2;
const CALLS_FOR_LATENCY = 100;

const folder = join(BENCH_FOLDER, 'databases');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const children = [];
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a server and resolves to its address once it has said it. */
function start(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const address = /listening on (http:\/\/\S+)/.exec(line)?.[1];
      if (address) resolve(address.replace(/\/$/, ''));
    });
  });
}

const startOurs = (file) => start(INVITE_SERVER_BIN, [
  '--demo', '--listen', '127.0.0.1:0', '--database', file, '--secret-file', `${file}.secret`,
  // Express writes no line for each request, so neither do we.
  '--log', 'error',
]);
const startExpress = (file) => start(process.execPath, [EXPRESS, file]);

async function signIn(url, username) {
  const response = await fetch(`${url}/auth/test`, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', origin: url },
    body: new URLSearchParams({ username, password: 'bench' }),
  });
  return (await response.json()).bearer;
}

/** `{url, file, alice, bob, keys}`: bob is no member of anything, and the keys are alice's, each of another resource. */
async function prepare(name, begin, invites, keys) {
  const file = join(folder, `${name}.db`);
  // The schema is the server's own: it makes it when it starts, and takes up what was filled in without a restart.
  const url = await begin(file);
  const database = openDatabase(file);
  const sample = fill(database, invites, keys);
  const [alice, bob] = [await signIn(url, 'alice'), await signIn(url, 'bob')];
  const bodies = join(folder, `${name}.bodies`);
  writeFileSync(bodies, sample.map((key) => JSON.stringify({ key })).join('\n'));
  return { name, url, database, alice, bob, bodies };
}

/** Runs the load tool; `{perSecond, median}` (median latency in milliseconds). Every answer has to be a success. */
function load(server, who, path, { body, bodies, callers, amount }) {
  const run = spawnSync(OHA, [
    '--no-tui', '--output-format', 'json', '--disable-color', '-c', String(callers), ...amount, '-m', 'POST',
    '-T', 'application/json', '-H', `authorization: Bearer ${server[who]}`,
    ...(bodies ? ['-Z', bodies] : ['-d', body]), server.url + path,
  ], { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (run.status !== 0) throw new Error(`oha failed: ${run.stderr}`);
  const said = JSON.parse(run.stdout);
  const codes = Object.keys(said.statusCodeDistribution);
  if (codes.some((code) => !/^20[01]$/.test(code))) {
    throw new Error(`${server.name} ${path} answered ${JSON.stringify(said.statusCodeDistribution)}`);
  }
  const errors = Object.keys(said.errorDistribution).filter((error) => error !== 'aborted due to deadline');
  if (errors.length > 0) throw new Error(`${server.name} ${path}: ${errors}`);
  return { perSecond: said.summary.requestsPerSec, median: said.latencyPercentiles.p50 * 1000 };
}

const CALLS = {
  read: (server, callers, amount) =>
    load(server, 'bob', '/api/v1/invites/check', { bodies: server.bodies, callers, amount }),
  create: (server, callers, amount) =>
    load(server, 'alice', '/api/v1/resources/bench/invites', { body: '{"permissions":"r"}', callers, amount }),
  /** bob comes in with each key. Before it he is out of everything. */
  accept(server, callers, amount) {
    forget(server.database, 'bob');
    return load(server, 'bob', '/api/v1/invites/accept', { bodies: server.bodies, callers, amount });
  },
};

const median = (numbers) => {
  const sorted = [...numbers].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)];
};
const row = (fields) => {
  console.log(`    ${fields.what}: ${fields.ours.toFixed(3)} ${fields.unit}, ratio ${fields.ratio?.toFixed(2)}`);
  appendFileSync(BENCH_ROWS, `${JSON.stringify(fields)}\n`);
};

async function besideExpress() {
  console.log(`    both with ${KEYS} invites; ${ROUNDS} rounds, ${CALLERS} callers`);
  const ours = await prepare('ours', startOurs, KEYS, KEYS);
  const peer = await prepare('express', startExpress, KEYS, KEYS);
  const calls = [
    ['read by key (check)', CALLS.read, ['-z', `${SECONDS}s`], 6],
    ['durable create', CALLS.create, ['-z', `${SECONDS}s`], 10],
    ['accept', CALLS.accept, ['-n', String(ACCEPTS)], undefined],
  ];
  for (const [what, call, amount, atLeast] of calls) {
    const rounds = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      // Whoever is first finds a machine that somebody else has just warmed up, or not: so they take turns.
      const both = round % 2 ? [ours, peer] : [peer, ours];
      const measured = new Map(both.map((server) => [server, call(server, CALLERS, amount).perSecond]));
      // The first round warms up.
      if (round > 0) rounds.push([measured.get(ours), measured.get(peer)]);
    }
    row({
      what, unit: '/s', atLeast,
      ours: median(rounds.map(([one]) => one)),
      peer: median(rounds.map(([, other]) => other)),
      ratio: median(rounds.map(([one, other]) => one / other)),
    });
  }
}

async function asInvitesGrow() {
  const servers = [];
  for (const size of SIZES) {
    const began = performance.now();
    servers.push(await prepare(`ours-${size}`, startOurs, size, 10 * CALLS_FOR_LATENCY));
    console.log(`    ${size} invites stored in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
  for (const [what, call] of Object.entries(CALLS)) {
    const rounds = [];
    for (let round = 0; round <= ROUNDS; round += 1) {
      const order = round % 2 ? servers : [...servers].reverse();
      const measured = new Map(order.map((server) =>
        [server, call(server, CALLERS_FOR_LATENCY, ['-n', String(CALLS_FOR_LATENCY)]).median]));
      if (round > 0) rounds.push(servers.map((server) => measured.get(server)));
    }
    for (const [number, size] of SIZES.entries()) {
      if (number === 0) continue;
      row({
        what: `${what}: latency at ${size.toLocaleString('en')} invites, beside ${SIZES[0].toLocaleString('en')}`,
        unit: 'ms', atMost: 1.5,
        ours: median(rounds.map((all) => all[number])),
        peer: median(rounds.map((all) => all[0])),
        ratio: median(rounds.map((all) => all[number] / all[0])),
      });
    }
  }
}

await besideExpress();
for (const child of children) child.removeAllListeners('exit').kill('SIGKILL');
await asInvitesGrow();
for (const child of children) child.removeAllListeners('exit').kill('SIGKILL');
process.exit(0);
