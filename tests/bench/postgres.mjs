// A PostgreSQL server of our own, as Debian has it, in a folder that goes with this program.
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const DEBIAN = '/usr/lib/postgresql';
const version = readdirSync(DEBIAN).map(Number).filter(Boolean).sort((one, other) => one - other).at(-1);
const program = (name) => join(DEBIAN, String(version), 'bin', name);
const isRoot = process.getuid() === 0;

/** PostgreSQL does not run as root. */
const asItsUser = (name, args) =>
  isRoot ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', program(name), ...args]]
    : [program(name), args];

const idOf = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));

/** Where loading ten million rows should not wait for the disk with each: what is lost then is loaded again. */
export const CARELESS = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off', 'autovacuum=off'];

export class Postgres {
  /** An empty cluster below a folder that is on a disk. */
  constructor(below) {
    this.folder = mkdtempSync(join(below, 'invite-bench-'));
    this.data = join(this.folder, 'data');
    mkdirSync(this.data);
    if (isRoot) for (const place of [this.folder, this.data]) chownSync(place, idOf('-u'), idOf('-g'));
    const made = ['--no-sync', '--auth=trust', '--username=postgres', '--encoding=UTF8', '--locale=C', '-D', this.data];
    this.#run('initdb', made);
    appendFileSync(join(this.data, 'postgresql.conf'), `
      listen_addresses = ''
      unix_socket_directories = '${this.folder}'
      max_connections = 60
      shared_buffers = 1GB
      maintenance_work_mem = 512MB
      max_wal_size = 1GB
      # Nobody follows: indexes are built without a log.
      wal_level = minimal
      max_wal_senders = 0
    `);
    process.once('exit', () => this.#end());
  }

  #run(name, args) {
    const [command, all] = asItsUser(name, args);
    execFileSync(command, all, { cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] });
  }

  /** Starts it and waits until it takes connections. */
  start(settings = []) {
    const options = settings.flatMap((setting) => ['-c', setting]);
    const [command, all] = asItsUser('postgres', ['-D', this.data, ...options]);
    this.child = spawn(command, all, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    return new Promise((resolve, reject) => {
      this.child.once('exit', () => reject(new Error(`PostgreSQL does not start: ${said}`)));
      this.child.stderr.on('data', (bytes) => {
        if (said.length < 1 << 16) said += bytes;
        if (said.includes('ready to accept connections')) resolve();
      });
    });
  }

  /** Everything is on the disk afterwards. */
  stop() {
    const ended = new Promise((resolve) => this.child.removeAllListeners('exit').once('exit', resolve));
    this.child.kill('SIGINT');
    return ended;
  }

  #end() {
    const file = join(this.data, 'postmaster.pid');
    if (this.child?.exitCode === null && existsSync(file)) this.child.kill('SIGQUIT');
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The database's address, as the server takes it. */
  address(database) {
    return `postgres://postgres@${this.folder.replaceAll('/', '%2F')}/${database}`;
  }

  /** Runs statements by psql, one after the other, and gives what the last of them found, as rows of texts. */
  sql(database, ...statements) {
    const commands = statements.flatMap((statement) => ['-c', statement]);
    const options = ['-X', '-q', '-A', '-t', '-F', '\t', '-v', 'ON_ERROR_STOP=1'];
    const said = execFileSync(program('psql'), ['-h', this.folder, '-U', 'postgres', ...options, ...commands, database], {
      encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'],
    });
    return said.split('\n').filter(Boolean).map((line) => line.split('\t'));
  }

  /** Copies rows, each a text with tabs, into a table. */
  copy(database, table, rows) {
    const command = `COPY ${table} FROM STDIN`;
    execFileSync(program('psql'), ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-h', this.folder, '-U', 'postgres', '-c', command, database], {
      input: `${rows.join('\n')}\n`, stdio: ['pipe', 'ignore', 'inherit'],
    });
  }
}
