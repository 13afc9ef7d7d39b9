// Bundles the package's JavaScript by esbuild: `node bundle.mjs <modules> [--dev]`. Where the modules are read from, each
// has a folder with what wasm-bindgen and wasm-opt made of it.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

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

/** What wasm-bindgen has written: in it alone stands what has other names on the core's side. */
const GLUE = 'pkg/wasm/raw/core.js';

/**
 * wasm-opt has given short names to what stands between the core and its glue; esbuild gives the glue the same. No other
 * property in these files may be called as one of them (`onlyInGlue`).
 */
function shortened() {
  if (dev) return {};
  const { imports, exports } = JSON.parse(readFileSync(join(modules, 'core/core.names.json')));
  const mangleCache = Object.fromEntries([...imports.map(([, name, short]) => [name, short]), ...exports]);
  for (const [module] of imports) mangleCache[module] = 'a'; // so wasm-opt calls the one module there is
  const names = Object.keys(mangleCache).map((name) => name.replace(/[^\w]/g, '\\$&'));
  return { mangleProps: new RegExp(`^(?:${names.join('|')})$`), mangleQuoted: true, mangleCache };
}

/**
 * What the core, the package's other files or a page ask for by its name must keep it. A property that is called as one of
 * the shortened names would be shortened, too, in silence: its file is refused.
 */
async function onlyInGlue({ metafile }, { mangleProps, mangleQuoted }) {
  if (!mangleProps) return;
  for (const path of Object.keys(metafile.inputs).filter((path) => /^pkg\/.*\.js$/.test(path) && path !== GLUE)) {
    const { mangleCache } = await transform(readFileSync(join(ROOT, path), 'utf8'), { mangleProps, mangleQuoted, mangleCache: {} });
    const names = Object.keys(mangleCache);
    if (names.length) throw new Error(`${path} has what core and glue have a short name for, and would have that, too: ${names.join(', ')}. Call it something else.`);
  }
}

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

// The package's front with the core's glue; and what is loaded later stays outside.
const later = ['accept', 'events', 'lists', 'locks', 'rescue', 'wasm/offline', 'wasm/find', 'wasm/qr'];
const short = shortened();
const front = await build({
  ...OPTIONS,
  ...short,
  entryPoints: [
    { in: 'pkg/sdk/index.js', out: 'index' },
    { in: join(modules, 'core/core_bg.wasm'), out: 'wasm/core_bg' },
  ],
  external: later.map((name) => `./pkg/${name}.js`),
  loader: { '.wasm': 'copy' },
});
await onlyInGlue(front, short);
install(front);

// Each other module beside its glue; what is written by hand in front of it (pkg/offline) is in the glue's file, so that a
// browser asks once for both.
install(await build({
  ...OPTIONS,
  entryPoints: ['offline', 'find', 'qr'].flatMap((name) => [
    { in: `pkg/offline/${name}.js`, out: `wasm/${name}` },
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

/** What works without a server has modules of its own, which stay outside of inline.js; the front is in it as it is written. */
const inside = {
  name: 'inside',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\.\/wasm\/(offline|find|qr)\.js$/ }, ({ path }) => ({ path, namespace: 'outside' }));
    onLoad({ filter: /^/, namespace: 'outside' }, () => ({ contents: '' }));
    onResolve({ filter: /^\.\/index\.js$/ }, ({ resolveDir }) => (resolveDir === join(ROOT, 'pkg') ? { path: join(ROOT, 'pkg/sdk/index.js') } : undefined));
  },
};

if (!dev) {
  const inline = await build({
    ...OPTIONS,
    ...short,
    entryPoints: [{ in: 'pkg/inline/index.js', out: 'inline' }],
    loader: { '.wasm': 'binary' },
    plugins: [inside],
  });
  await onlyInGlue(inline, short);
  const { imports } = inline.metafile.outputs['pkg/inline.js'];
  if (imports.length) throw new Error(`pkg/inline.js would load ${imports.map(({ path }) => path).join(', ')}`);
  install(inline);
}
