// What is loaded when it is first needed, and where it comes from. An entry for another place, such as node.js, puts its
// own ways here before the first call. Addresses are seen from index.js, the file that this becomes a part of.
import { request } from '../request.js';
import { build } from '../wasm/raw/core.build.js';
import { Connection, initSync } from '../wasm/raw/core.js';

/**
 * Of each part its `code`, a module or the promise of one, and for those with WebAssembly what that is made of: a
 * `Response`, bytes, or a `WebAssembly.Module`. It has a section that is called as the `build` that the code is for.
 */
export const parts = {
  // A browser may never ask again for a module that did not come (Firefox): what each call needs comes with the page's own.
  core: { code: () => ({ build, Connection, initSync }), wasm: (how) => request(new URL('./wasm/core_bg.wasm', import.meta.url), how) },
  offline: { code: () => import('../wasm/offline.js'), wasm: (how) => request(new URL('./wasm/offline_bg.wasm', import.meta.url), how) },
  find: { code: () => import('../wasm/find.js'), wasm: (how) => request(new URL('./wasm/find_bg.wasm', import.meta.url), how) },
  qr: { code: () => import('../wasm/qr.js'), wasm: (how) => request(new URL('./wasm/qr_bg.wasm', import.meta.url), how) },
  rescue: { code: () => import('../rescue.js') },
  accept: { code: () => import('../accept.js') },
  events: { code: () => import('../events.js') },
  lists: { code: () => import('../lists.js') },
  locks: { code: () => import('../locks.js') },
};
