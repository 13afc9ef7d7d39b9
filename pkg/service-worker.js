// For service workers: import() is forbidden there, so the glue comes along at once. The WebAssembly still waits for a call.
import { loadWith } from './index.js';
import * as offline from './offline.js';
import * as core from './wasm/core.js';

const start = async (glue, url) => {
  await glue.default({ module_or_path: fetch(url) });
  return glue;
};

loadWith({
  core: () => start(core, new URL('./wasm/core_bg.wasm', import.meta.url)),
  offline: () => start(offline, new URL('./wasm/offline_bg.wasm', import.meta.url)),
});

export * from './index.js';
