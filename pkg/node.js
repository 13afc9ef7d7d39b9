// For Node and server-side rendering: fetch() does not read files there, so the core is read from disk.
import { readFileSync } from 'node:fs';
import { loadWith } from './index.js';

loadWith(async () => {
  const glue = await import('./wasm/core.js');
  glue.initSync({ module: readFileSync(new URL('./wasm/core_bg.wasm', import.meta.url)) });
  return glue;
});

export * from './index.js';
