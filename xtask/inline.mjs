// Makes pkg/inline.js: the SDK as one file that loads nothing, to be dropped where only single files can be, such as
// among the assets of a webstrate. It is index.js with the WebAssembly module inside, and auto.js as a function.
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { minify } from 'terser';

const PACKAGE = join(dirname(fileURLToPath(import.meta.url)), '..', 'pkg');
const text = (name) => readFileSync(join(PACKAGE, name), 'utf8');

/** Replaces what must be there, so that a change of the sources is noticed here and not by who uses the file. */
function replace(code, what, by) {
  const replaced = code.replace(what, () => by);
  if (replaced === code) throw new Error(`inline.mjs: nothing fits ${what}`);
  return replaced;
}

/** A module's declarations without `export`, for the inside of a function, and the names that were exported. */
function inside(code) {
  const names = [...code.matchAll(/export (?:const|class|async function|function) (\w+)/g)].map(([, name]) => name);
  let plain = code.replace(/export (?=const|class|async function|function)/g, '');
  plain = plain.replace(/export\{([^}]*)\};?/, (_, list) => {
    for (const pair of list.split(',')) {
      const [from, to = from] = pair.trim().split(' as ');
      names.push(from === to ? from : `${to === 'default' ? '"default"' : to}: ${from}`);
    }
    return '';
  });
  return { plain, exported: `{ ${names.join(', ')} }` };
}

const core = inside(text('wasm/core.js'));
const bytes = readFileSync(join(PACKAGE, 'wasm/core_bg.wasm')).toString('base64');
const parts = { accept: inside(text('accept.js')), events: inside(text('events.js')) };
// Signed keys, QR codes and the like have modules of their own, which stay outside.
let index = replace(text('index.js'), /const loaders = \{.*?\n\};\n/s, `const loaders = {
  async core() {
    const module_or_path = Uint8Array.from(atob('${bytes}'), (letter) => letter.charCodeAt(0));
    await glue.default({ module_or_path });
    return glue;
  },
  accept: async () => { ${parts.accept.plain}
  return ${parts.accept.exported}; },
  events: async () => { ${parts.events.plain}
  return ${parts.events.exported}; },
};
`);
index = replace(index, /^async function start\(.*?\n\}\n/sm, '');
index = replace(index, /^export const loadWith = .*\n/m, '');
index = replace(index, "['core', 'offline', 'find', 'qr']", "['core']");
index = replace(index, /^const soon = .*?(?=\n\n)/sm, '');

const pending = inside(replace(text('pending.js'), /^import \{[^}]*\} from '\.\/index\.js';\n/m, ''));
const auto = inside(replace(text('auto.js'), "await import('./pending.js')", 'keepPending()'));

const whole = `
const glue = (() => { ${core.plain}
return ${core.exported}; })();
${index}
let kept;
const keepPending = () => (kept ??= (() => { ${pending.plain}
return ${pending.exported}; })());
let started;
export function auto(policy) {
  started ??= (() => { ${auto.plain}
  return ${auto.exported}; })();
  if (policy) started.setPolicy(policy);
}
`;
const { code } = await minify(whole, { module: true, ecma: 2022, compress: { passes: 2 }, mangle: true, format: { comments: false } });
if (/\bimport\b(?!\.meta)/.test(code.replace(/(['"`])(?:\\.|(?!\1).)*\1/gs, ''))) throw new Error('inline.mjs: pkg/inline.js would load something');
const file = join(PACKAGE, 'inline.js');
writeFileSync(`${file}.new`, `${code}\n`);
renameSync(`${file}.new`, file);
console.log(`    pkg/inline.js (${code.length} bytes)`);
