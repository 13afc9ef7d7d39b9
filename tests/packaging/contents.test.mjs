// What the tarball holds, and that it is in order for every consumer.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { pack, packageFolder, temporaryFolder } from './support/package.mjs';

const run = promisify(execFile);
const binaries = join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules', '.bin');

test('the tarball holds the package and nothing else', async (t) => {
  const { files } = await pack(await temporaryFolder(t));
  assert.deepEqual(files, [
    'ERRORS.md', 'LICENSE-APACHE', 'LICENSE-MIT', 'README.md',
    'accept.js', 'auto.d.ts', 'auto.js', 'console.d.ts', 'console.js', 'elements-languages.js', 'elements.d.ts', 'elements.js', 'events.js', 'head.d.ts', 'head.js', 'index.d.ts', 'index.js', 'inline.d.ts', 'inline.js', 'lists.js', 'locks.js', 'node.js',
    'package.json', 'pending.js', 'react.d.ts', 'react.js', 'request.js', 'rescue.js', 'service-worker.d.ts', 'service-worker.js', 'stream.js', 'wasm/core_bg.wasm', 'wasm/find.js', 'wasm/find_bg.wasm', 'wasm/offline.js', 'wasm/offline_bg.wasm', 'wasm/qr.js', 'wasm/qr_bg.wasm',
  ]);
});

test('nothing in it names a place of the machine that built it', async (t) => {
  const { files } = await pack(await temporaryFolder(t));
  // Where a panic was is part of the WebAssembly. `registry/src` is cargo's, wherever a machine keeps that.
  const places = [dirname(packageFolder), homedir(), process.env.CARGO_HOME, 'registry/src/', 'registry\\src\\', '/rustlib/'];
  const named = [];
  for (const file of files) {
    const content = await readFile(join(packageFolder, file));
    named.push(...places.filter((place) => place?.length > 1 && content.includes(place)).map((place) => `${file}: ${place}`));
  }
  assert.deepEqual(named, []);
});

test('publint has nothing to say', async () => {
  const { messages, pkg } = await publint({ pkgDir: packageFolder, strict: true });
  assert.deepEqual(messages.map((message) => formatMessage(message, pkg)), []);
});

test('attw finds every entry and its types', async (t) => {
  const { tarball } = await pack(await temporaryFolder(t));
  // ESM only, so `require` is none of the ways; the .wasm has no types.
  const options = ['--profile', 'esm-only', '--exclude-entrypoints', './wasm/core_bg.wasm', './wasm/find_bg.wasm', './wasm/offline_bg.wasm', './wasm/qr_bg.wasm', '--format', 'ascii', '--no-color', '--no-emoji'];
  await run(join(binaries, 'attw'), [tarball, ...options]).catch(({ stdout, stderr }) => assert.fail(`${stdout}${stderr}`));
});

test('what index.js exports is what index.d.ts declares', async () => {
  const declared = await readFile(join(packageFolder, 'index.d.ts'), 'utf8');
  const names = [...declared.matchAll(/^export declare (?:const|function|class) (\w+)/gm)].map(([, name]) => name);
  const entry = await import(pathToFileURL(join(packageFolder, 'index.js')));
  assert.deepEqual(Object.keys(entry).sort(), [...new Set(names)].sort());

  const body = /^export interface Invites\b.*?\{\n(.*?)^\}/ms.exec(declared)[1];
  const members = [...body.matchAll(/^ {2}(?:readonly )?(\w+)(?:<.*?>)?\??[(:]/gm)].map(([, name]) => name);
  const { prototype } = entry.invites.constructor;
  const real = [...Object.keys(entry.invites), ...Object.getOwnPropertyNames(prototype)].filter((name) => !['constructor', 'dispatchEvent'].includes(name));
  assert.deepEqual([...new Set(members)].sort(), real.sort());
});

test('every code of ERRORS.md has a type, and the other way round', async () => {
  const [errors, types] = await Promise.all(['ERRORS.md', 'index.d.ts'].map((name) => readFile(join(packageFolder, name), 'utf8')));
  const explained = [...errors.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code);
  const typed = [...types.slice(types.indexOf('export type ErrorCode')).split(';', 1)[0].matchAll(/'(\w+)'/g)].map(([, code]) => code);
  assert.deepEqual(typed.sort(), explained.sort());
});

test('every export has its documentation', async () => {
  for (const name of ['index.d.ts', 'auto.d.ts', 'console.d.ts', 'service-worker.d.ts', 'head.d.ts', 'elements.d.ts', 'react.d.ts']) {
    const text = await readFile(join(packageFolder, name), 'utf8');
    assert.match(text, /^\/\*\*[^]*?@packageDocumentation\n \*\//, `${name} says what it is`);
    const bare = [...text.matchAll(/(.*)\n(export (?:declare |interface |type ).*)/g)].filter(([, before]) => !/\*\/$/.test(before));
    assert.deepEqual(bare.map(([, , line]) => line), [], name);
    const lines = text.split('\n');
    const members = lines.filter((line, number) => /^ {2}(?:readonly )?[\w[\].]+\??(?:<.*?>)?[:(]/.test(line) && !lines[number - 1].endsWith('*/'));
    assert.deepEqual(members, [], `${name}: members`);
  }
});
