// Makes pkg/elements.js, the one file that browsers load, and pkg/elements-languages.js of the modules in pkg/elements.
//
// The modules are put one after the other in the order they need each other, as their top-level names differ (terser
// refuses them otherwise); then style sheets lose their white space, and terser does the rest.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const FOLDER = join(ROOT, 'pkg/elements');
const IMPORT = /^(?:import \{[^}]*\}|export \{([^}]*)\}) from '(\.\/[^']+)';\n/gm;

/** The module `name` with all it imports, as one text. */
function bundle(name) {
  const parts = [];
  const exported = [];
  const seen = new Set();
  const take = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, 'utf8');
    for (const [, names, specifier] of text.matchAll(IMPORT)) {
      if (names) exported.push(names.trim());
      take(join(dirname(file), specifier));
    }
    parts.push(text.replace(IMPORT, '').replace(/^export (?=const|let|class|function|async)/gm, ''));
  };
  take(join(FOLDER, name));
  if (!exported.length) exported.push(...[...readFileSync(join(FOLDER, name), 'utf8').matchAll(/^export const (\w+)/gm)].map(([, each]) => each));
  return `${parts.join('\n')}\nexport { ${exported.join(', ')} };\n`;
}

/** White space that means nothing in a style sheet; only those are template texts of several lines. */
function tighten(code) {
  return code.replace(/`\n[^`]*`/g, (sheet) => sheet.replace(/\s+/g, ' ').replace(/ ?([{};,]) ?/g, '$1').replace(/;\}/g, '}').replace(/` | `/g, '`'));
}

for (const [name, output] of [['index.js', 'elements.js'], ['languages.js', 'elements-languages.js']]) {
  // Seen from the folder, the package's own files are one level up.
  const code = tighten(bundle(name)).replaceAll("import('../", "import('./");
  const { code: small } = await minify(code, { module: true, ecma: 2022, compress: { passes: 3, unsafe_arrows: true }, mangle: true, format: { comments: false } });
  // Moved in when it is whole: a server may be reading the folder.
  const file = join(ROOT, 'pkg', output);
  writeFileSync(`${file}.new`, `${small}\n`);
  renameSync(`${file}.new`, file);
}
