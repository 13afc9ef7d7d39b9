// What `cargo xtask bench server` measures. Both servers are given the same calls by the same load tool (oha), in turn,
// over ROUNDS rounds; a row is the median of the rounds. Both wait for the disk with every change that they acknowledge.
// In the same rounds stand the limits: a bare axum handler that answers what we answer from memory, and bare SQLite that
// writes the rows we wrote, as many of them in one commit.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { endianness } from 'node:os';
import { fileURLToPath } from 'node:url';
import { fill, forget, openDatabase } from './fill.mjs';
import { endAll, load, row, signIn, start } from './load.mjs';

const { INVITE_SERVER_BIN, LIMITS_BIN, BENCH_FOLDER } = process.env;
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
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const startOurs = (file) => start(INVITE_SERVER_BIN, [
  '--demo', '--listen', '127.0.0.1:0', '--database', file, '--secret-file', `${file}.secret`,
  // Express writes no line for each request, so neither do we.
  '--log', 'error',
]);
const startExpress = (file) => start(process.execPath, [EXPRESS, file]);

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
  return { name, url, file, database, alice, bob, bodies, sample };
}

const CHECK = '/api/v1/invites/check';
const CALLS = {
  read: (server, callers, amount) => load(server, 'bob', CHECK, { bodies: server.bodies, callers, amount }),
  create: (server, callers, amount) =>
    load(server, 'alice', '/api/v1/resources/bench/invites', { body: '{"permissions":"r"}', callers, amount }),
  /** bob comes in with each key. Before it he is out of everything. */
  accept(server, callers, amount) {
    forget(server.database, 'bob');
    return load(server, 'bob', '/api/v1/invites/accept', { bodies: server.bodies, callers, amount });
  },
};

/** An axum handler that answers what `ours` once answered to a check. */
async function bareAxum(ours) {
  const answer = await fetch(ours.url + CHECK, {
    method: 'POST',
    headers: { authorization: `Bearer ${ours.bob}`, 'content-type': 'application/json' },
    body: JSON.stringify({ key: ours.sample[0] }),
  });
  const body = await answer.text();
  if (answer.status !== 200) throw new Error(`a check was answered with ${answer.status}: ${body}`);
  const headers = Object.fromEntries(answer.headers);
  // What hyper writes by itself.
  for (const name of ['date', 'content-length', 'connection', 'keep-alive', 'transfer-encoding']) delete headers[name];
  const file = join(folder, 'answer.json');
  writeFileSync(file, JSON.stringify({ path: CHECK, status: answer.status, headers, body }));
  return { ...ours, name: 'axum', url: await start(LIMITS_BIN, ['answer', file]) };
}

/** How many transactions the server has committed: SQLite counts them in the index of its log (iChange in
    https://sqlite.org/walformat.html). */
function commits(file) {
  const index = openSync(`${file}-shm`, 'r');
  const bytes = Buffer.alloc(4);
  readSync(index, bytes, 0, 4, 8);
  closeSync(index);
  return endianness() === 'LE' ? bytes.readUInt32LE() : bytes.readUInt32BE();
}

/** A database like `ours` as it is now, into which bare SQLite writes what ours has had since: `{perSecond, batch}`. */
function bareSqlite(ours) {
  const own = join(folder, 'bare.db');
  ours.database.exec(`VACUUM INTO '${own}'`);
  return (creates, committed) => {
    // Not fewer than one, where something else was committed too.
    const batch = Math.max(1, Math.round(creates / committed));
    const run = spawnSync(LIMITS_BIN, ['rows', 'invites', ours.file, own, String(batch)], { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`xtask-limits failed: ${run.stderr}`);
    const { changes, seconds } = JSON.parse(run.stdout);
    return { perSecond: changes / seconds, batch };
  };
}

async function besideOthers() {
  console.log(`    both with ${KEYS} invites; ${ROUNDS} rounds, ${CALLERS} callers`);
  const ours = await prepare('ours', startOurs, KEYS, KEYS);
  const peer = await prepare('express', startExpress, KEYS, KEYS);
  const limit = await bareAxum(ours);
  const write = bareSqlite(ours);
  const calls = [
    ['read by key (check)', CALLS.read, ['-z', `${SECONDS}s`], 7],
    ['durable create', CALLS.create, ['-z', `${SECONDS}s`], 10],
    ['accept', CALLS.accept, ['-n', String(ACCEPTS)], 7],
  ];
  const batches = [];
  for (const [what, call, amount, atLeast] of calls) {
    const [beside, below] = [[], []];
    for (let round = 0; round <= ROUNDS; round += 1) {
      // Whoever is first finds a machine that somebody else has just warmed up, or not: so they take turns.
      const all = call === CALLS.read ? [ours, peer, limit] : [ours, peer];
      const turn = round % all.length;
      const measured = new Map();
      for (const server of [...all.slice(turn), ...all.slice(0, turn)]) {
        const before = commits(ours.file);
        const { perSecond, answered } = call(server, CALLERS, amount);
        measured.set(server, perSecond);
        if (server === ours && call === CALLS.create) {
          const bare = write(answered, commits(ours.file) - before);
          measured.set(limit, bare.perSecond);
          if (round > 0) batches.push(bare.batch);
        }
      }
      // The first round warms up.
      if (round === 0) continue;
      beside.push([measured.get(ours), measured.get(peer)]);
      if (measured.has(limit)) below.push([measured.get(ours), measured.get(limit)]);
    }
    row({ what: `${what}, beside Express + better-sqlite3`, unit: '/s', atLeast, rounds: beside });
    if (call === CALLS.read) {
      row({ what: 'the same, beside a bare axum handler', unit: '/s', atLeast: 0.6, rounds: below });
    } else if (call === CALLS.create) {
      console.log(`    so many changes in one commit, round by round: ${batches.join(', ')}`);
      row({ what: 'the same rows, beside bare SQLite', unit: '/s', atLeast: 0.7, rounds: below });
    }
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
        unit: 'ms', atMost: 1.5, rounds: rounds.map((all) => [all[number], all[0]]),
      });
    }
  }
}

await besideOthers();
endAll();
await asInvitesGrow();
process.exit(0);
