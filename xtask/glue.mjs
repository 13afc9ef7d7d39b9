// Finishes the JavaScript beside a WebAssembly module: `node glue.mjs <glue> [<front>] [--dev]`, in place.
//
// What stands in front of a module and is written by hand (pkg/offline) goes into the same file, so that a browser asks
// once for both. Their top-level names differ, or this fails.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { minify } from 'terser';

const dev = process.argv.includes('--dev');
const [file, front] = process.argv.slice(2).filter((argument) => argument !== '--dev');
const IMPORT = /^import (?:\{[^}]*\}|\* as glue) from '\.\/[^']+';\n/gm;

let code = readFileSync(file, 'utf8');
if (front) {
  const raw = code.replace(/^export function (\w+)/gm, 'function glue_$1');
  const own = readFileSync(front, 'utf8').replace(IMPORT, '').replace(/\bglue\.(\w+)/g, (_, name) => {
    if (!raw.includes(`function glue_${name}(`)) throw new Error(`glue.mjs: the module of ${front} has no \`${name}\``);
    return `glue_${name}`;
  });
  const shared = readFileSync(join(dirname(front), 'shared.js'), 'utf8').replace(/^export /gm, '');
  code = `${raw}\n${shared}\n${own}`;
}
if (!dev) ({ code } = await minify(code, { module: true, ecma: 2022, compress: { passes: 2 }, mangle: true, format: { comments: false } }));
writeFileSync(file, code);
