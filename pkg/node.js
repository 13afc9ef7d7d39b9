// For Node and server-side rendering: fetch() does not read files there, so the WebAssembly is read from disk.
import { readFileSync } from 'node:fs';
import { loadWith } from './index.js';

const start = (glue, url) => {
  glue.initSync({ module: readFileSync(url) });
  return glue;
};

loadWith({
  core: async () => start(await import('./wasm/core.js'), new URL('./wasm/core_bg.wasm', import.meta.url)),
  offline: async () => start(await import('./wasm/offline.js'), new URL('./wasm/offline_bg.wasm', import.meta.url)),
  find: async () => start(await import('./wasm/find.js'), new URL('./wasm/find_bg.wasm', import.meta.url)),
  qr: async () => start(await import('./wasm/qr.js'), new URL('./wasm/qr_bg.wasm', import.meta.url)),
});

export * from './index.js';
