// For service workers: import() is forbidden there, so the glue comes along at once. The core still waits for a call.
import * as glue from './wasm/core.js';
import { loadWith } from './index.js';

loadWith(async () => {
  await glue.default({ module_or_path: fetch(new URL('./wasm/core_bg.wasm', import.meta.url)) });
  return glue;
});

export * from './index.js';
