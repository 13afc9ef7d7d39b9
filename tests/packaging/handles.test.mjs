// What a handle owes to who holds it, and to who no longer does; in Node.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { freshResource, setMember, signIn, startServer } from '../support/server.mjs';
import { installedProject, packageFolder } from './support/package.mjs';
import { suite } from './support/suite.mjs';

const run = promisify(execFile);
const all = suite();
let folder, server;
before(async () => {
  folder = await installedProject(all, { files: ['collected.js', 'moment.js', 'lying.js', 'waiting.js', 'places.js', 'moment-options.js'] });
  server = await startServer();
  all.after(() => server.stop());
});
const node = async (...args) => JSON.parse((await run(process.execPath, args, { cwd: folder, timeout: 120_000 })).stdout);

/** A resource of alice's with so many invites, and her bearer. */
async function invited({ url }, resource, count) {
  await setMember(url, resource, 'alice', 'arw');
  const { bearer } = await signIn(url, 'alice');
  for (let made = 0; made < count; made += 1) {
    const answer = await fetch(`${url}/api/v1/resources/${resource}/invites`, {
      method: 'POST', headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json' }, body: '{}',
    });
    assert.ok(answer.ok);
  }
  return bearer;
}

test('a handle that nobody holds is collected; one with a call under way is not', async () => {
  const resource = freshResource();
  const bearer = await invited(server, resource, 3);
  const { collected, ...report } = await node('--expose-gc', 'collected.js', server.url, bearer, resource);
  assert.deepEqual(report, { heard: 100, told: true, nearlyAll: true }, `${collected} of 300 were collected`);
});

test('calls belong to the server of their moment; close() ends them all; who still listens hears again', async (t) => {
  const other = await startServer();
  t.after(() => other.stop());
  const resource = freshResource();
  const bearers = [await invited(server, resource, 2), await invited(other, resource, 1)];
  assert.deepEqual(await node('moment.js', server.url, bearers[0], other.url, bearers[1], resource), {
    beforeTheCore: [2, 1],
    afterwards: 1, underWay: 2,
    list: 2, listMadeBefore: 2,
    closed: ['closed', 'closed'],
    heard: 'string', heardAgain: 'string',
  });
});

test('an invite that waits is accepted by the server of the moment; no other sees the key', async () => {
  assert.deepEqual(await node('waiting.js'), {
    moved: ['invalid_key', ['a.example']],
    'wrong account': ['wrong_account', ['a.example'], 'them'],
    'both servers': [['invalid_key', 'invalid_key'], ['a.example', 'b.example']],
    'asked by each': [['a', 'b'], [null, null]],
    'a signal that cannot be read': 'invalid_option',
    'a signal that is none': 'invalid_option',
    'listeners that throw': 'invalid_key',
    'call options in the place of the policy': ['idempotencyKey', 'invalid_option'],
    'a policy that throws': 'string',
    'a policy that is true': ['invalid_option', 'policy'],
  });
});

test('what was passed is read at the moment of the call, whatever is changed before the core is there', async () => {
  assert.deepEqual(await node('moment-options.js'), {
    connect: 'a.example', auth: 'Bearer mine', url: 'a.example', configure: 'a.example', create: 'r', extras: { plan: { is: 'free' } }, 'of a class': { price: 'EUR 5', on: '1970-01-01T00:00:00.000Z' },
    'getter that throws': ['invalid_option', 'resource'], 'Proxy that throws': 'invalid_option',
  });
});

test('a list is of what was passed when it was made, on each page', async () => {
  assert.deepEqual((await node('places.js', 'changed')), [['pending', '1'], ['pending', '1'], ['pending', '1'], 3]);
});

test('call options stand wherever an argument is left out, on each page of a list', async () => {
  assert.deepEqual(await node('places.js'), {
    timeout: 3, signal: 3, 'both, and members left out': 3, 'in their own place': 3, 'as a filter': [3, '1'], 'aborted between pages': ['aborted', 1],
  });
});

test('a list of a server that lies ends', async () => {
  assert.deepEqual(await node('lying.js'), {
    repeats: ['bad_response', 2],
    'goes in a circle': ['bad_response', 4],
    'is empty for ever': ['bad_response', 0],
    'is full for ever': ['bad_response', 10_001],
    'is no list': ['bad_response', 0],
    'has gaps': ['ended', 4],
    'get() of one that is full for ever': ['bad_response', 10_001, true],
    'get() with a deadline': ['timeout', true, true],
    'list() beside a timer': ['ended', 2000, true],
  });
});

test('public functions are bound, and tell their names and arguments', async () => {
  const sdk = await import(pathToFileURL(join(packageFolder, 'node.js')));
  const declared = await readFile(join(packageFolder, 'index.d.ts'), 'utf8');
  const parameters = (list) => list.split(/,\s*(?=\w+\??:)/).map((each) => /^\s*(\w+)/.exec(each)?.[1]).filter((name) => name && name !== 'this');
  const told = (method) => /^(\w+)\((.*?)\)/.exec(String(method))?.slice(1);

  const body = /^export interface Invites\b.*?\{\n(.*?)^\}/ms.exec(declared)[1];
  const methods = new Map();
  // On one line, or an argument a line.
  for (const [, name, line, lines] of body.matchAll(/^ {2}(\w+)(?:<[^(]*>)?\((?:(\S.*)\): |\n((?: {4}.*\n)+) {2}\): |\): )/gm)) {
    const names = lines ? [...lines.matchAll(/^ {4}(\w+)/gm)].map(([, each]) => each).slice(1) : parameters(line ?? '');
    if (!methods.has(name) || methods.get(name).length < names.length) methods.set(name, names);
  }
  assert.ok(methods.size >= 15, [...methods.keys()].join());
  for (const [name, names] of methods) {
    const method = sdk.invites[name];
    assert.deepEqual([method.name, method.length], [name, names.length], name);
    assert.deepEqual(told(method), [name, names.join(', ')], `toString() of ${name}`);
  }
  for (const [, name, list] of declared.matchAll(/^export declare function (\w+)\((.*?)\): /gm)) {
    const names = parameters(list);
    assert.deepEqual([sdk[name].name, sdk[name].length], [name, names.length], name);
  }

  assert.equal(String(sdk.invites), '[object Invites]');
  const { create, get, check, accept, remove, list, preview, members, member, setMember, link, supports, acceptPending, addEventListener, removeEventListener, dispatchEvent, close } = sdk.connect({ server: 'nowhere' });
  for (const call of [create, get, check, accept, remove, preview, member, setMember, link, supports]) {
    await assert.rejects(call('a'.repeat(64)), { name: 'InviteError', code: 'invalid_option' }, call.name);
  }
  for (const pages of [list, members]) await assert.rejects(pages().next(), { code: 'invalid_option' });
  assert.equal(await acceptPending(), null);
  let heard = 0;
  const listener = () => { heard += 1; };
  addEventListener('anything', listener);
  dispatchEvent(new Event('anything'));
  removeEventListener('anything', listener);
  dispatchEvent(new Event('anything'));
  assert.equal(heard, 1);
  close();
  await assert.rejects(get(), { code: 'closed' });
});
