// Bundles the package's JavaScript by esbuild: `node bundle.mjs <modules> [--dev]`. Where the modules are read from, each
// has a folder with what wasm-bindgen and wasm-opt made of it.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const dev = process.argv.includes('--dev');
const [modules] = process.argv.slice(2).filter((argument) => argument !== '--dev');

const OPTIONS = {
  absWorkingDir: ROOT,
  outdir: 'pkg',
  bundle: true,
  format: 'esm',
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'none',
  minify: !dev,
  metafile: true,
  write: false,
};

/** Moves files in when all of them are whole: a server or a bundler may be reading the folder. */
function install({ outputFiles }) {
  const same = (file, contents) => {
    try {
      return readFileSync(file).equals(contents);
    } catch {
      return false; // it is not there
    }
  };
  const changed = outputFiles.filter(({ path, contents }) => !same(path, contents));
  for (const { path, contents } of changed) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.new`, contents);
  }
  for (const { path, contents } of changed) {
    renameSync(`${path}.new`, path);
    console.log(`    ${relative(ROOT, path)} (${contents.length} bytes)`);
  }
}

// Each module beside its glue; what is written by hand in front of it (pkg/offline) is in the glue's file, so that a
// browser asks once for both.
const entries = { core: 'pkg/wasm/raw/core.js', offline: 'pkg/offline/offline.js', find: 'pkg/offline/find.js', qr: 'pkg/offline/qr.js' };
install(await build({
  ...OPTIONS,
  entryPoints: Object.entries(entries).flatMap(([name, glue]) => [
    { in: glue, out: `wasm/${name}` },
    { in: join(modules, name, `${name}_bg.wasm`), out: `wasm/${name}_bg` },
  ]),
  loader: { '.wasm': 'copy' },
}));

// The elements share the page's SDK, and what they say in another language than English waits until a page is in it.
install(await build({
  ...OPTIONS,
  entryPoints: [{ in: 'pkg/elements/index.js', out: 'elements' }],
  external: ['./pkg/index.js'],
  splitting: true,
  chunkNames: 'elements-[name]',
}));

/** What works without a server has modules of its own, which stay outside of inline.js. */
const withoutOffline = {
  name: 'without offline',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/wasm\/(offline|find|qr)\.js$/ }, ({ path }) => ({ path, namespace: 'outside' }));
    onLoad({ filter: /^/, namespace: 'outside' }, () => ({ contents: '' }));
  },
};

if (!dev) {
  const inline = await build({
    ...OPTIONS,
    entryPoints: [{ in: 'pkg/inline/index.js', out: 'inline' }],
    loader: { '.wasm': 'binary' },
    plugins: [withoutOffline],
  });
  const { imports } = inline.metafile.outputs['pkg/inline.js'];
  if (imports.length) throw new Error(`pkg/inline.js would load ${imports.map(({ path }) => path).join(', ')}`);
  install(inline);
}
