// The SDK as one file that loads nothing, to be dropped where only single files can be, such as among the assets of a
// webstrate. `cargo xtask build` makes `pkg/inline.js` of this file, all it imports and the WebAssembly. See inline.d.ts.
import * as accept from '../accept.js';
import * as events from '../events.js';
import { loadWith } from '../index.js';
import * as core from '../wasm/core.js';
import module_or_path from '../wasm/core_bg.wasm';

// Signed keys, QR codes and the like have modules of their own, which stay outside.
const outside = async () => ({});

loadWith({
  core: async () => {
    await core.default({ module_or_path });
    return core;
  },
  accept: async () => accept,
  events: async () => events,
  offline: outside,
  find: outside,
  qr: outside,
});

export { InviteError, configure, connect, invites, isInviteError, ready } from '../index.js';

export function auto(policy) {
  // The bundler's `require` runs the module here and now; `import()` would come a turn later.
  const { setPolicy } = require('../auto.js');
  if (policy) setPolicy(policy);
}
