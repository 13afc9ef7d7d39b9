// Prints, for `cargo xtask size`, what each row's files weigh: `node brotli.mjs <row>…`, one line of bytes per row.
//
// A row is file names joined by `+`. `graph:<file>` stands for a module and everything it imports statically: what a
// browser fetches before the module runs. Each file is compressed by itself, as a server sends it.
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const STATIC_IMPORT = /^\s*(?:import|export)\b(?!\s*\()[^;'"]*?['"](\.[^'"]+)['"]/gm;

function graph(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, specifier] of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)) {
    graph(normalize(join(dirname(file), specifier)), found);
  }
  return found;
}

function weight(file) {
  const content = readFileSync(file);
  return brotliCompressSync(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 22,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  }).length;
}

for (const row of process.argv.slice(2)) {
  const files = new Set(row.split('+').flatMap((part) => (part.startsWith('graph:') ? [...graph(normalize(part.slice(6)))] : [normalize(part)])));
  let bytes = 0;
  for (const file of files) bytes += weight(file);
  console.log(`${bytes} ${[...files].join(' + ')}`);
}
