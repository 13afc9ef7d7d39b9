// For service workers: import() is forbidden there, so what is loaded later elsewhere comes along at once. The WebAssembly still waits for a call.
import * as accept from './accept.js';
import * as events from './events.js';
import { loadWith } from './index.js';
import * as core from './wasm/core.js';
import * as find from './wasm/find.js';
import * as offline from './wasm/offline.js';
import * as qr from './wasm/qr.js';

const start = async (glue, url) => {
  await glue.default({ module_or_path: fetch(url) });
  return glue;
};

loadWith({
  core: () => start(core, new URL('./wasm/core_bg.wasm', import.meta.url)),
  offline: () => start(offline, new URL('./wasm/offline_bg.wasm', import.meta.url)),
  find: () => start(find, new URL('./wasm/find_bg.wasm', import.meta.url)),
  qr: () => start(qr, new URL('./wasm/qr_bg.wasm', import.meta.url)),
  accept: async () => accept,
  events: async () => events,
});

export * from './index.js';
