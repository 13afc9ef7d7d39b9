// Prints, for `cargo xtask size`, what each row's files weigh: `node brotli.mjs <row>…`, one line of bytes per row.
//
// A row is file names joined by `+`. `graph:<file>` stands for a module and everything it imports statically: what a
// browser fetches before the module runs. Each file is compressed by itself, as a server sends it.
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';

/** A module and what it imports statically, as the bundler reads them; the rest of the package is asked for later. */
async function graph(entry) {
  const { metafile } = await build({ entryPoints: [entry], bundle: true, format: 'esm', metafile: true, write: false, outdir: 'out' });
  const found = new Set();
  const take = (file) => {
    if (found.has(file)) return;
    found.add(file);
    for (const { path, kind } of metafile.inputs[file].imports) if (kind === 'import-statement') take(path);
  };
  take(entry);
  return [...found];
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
  const files = new Set();
  for (const part of row.split('+')) {
    for (const file of part.startsWith('graph:') ? await graph(part.slice(6)) : [part]) files.add(file);
  }
  let bytes = 0;
  for (const file of files) bytes += weight(file);
  console.log(`${bytes} ${[...files].join(' + ')}`);
}
