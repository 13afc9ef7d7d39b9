// The SDK as one file that loads nothing, to be dropped where only single files can be, such as among the assets of a
// webstrate. `cargo xtask build` makes `pkg/inline.js` of this file, all it imports and the WebAssembly. See inline.d.ts.
import * as accept from '../accept.js';
import * as events from '../events.js';
import * as lists from '../lists.js';
import * as locks from '../locks.js';
import * as rescue from '../rescue.js';
import { within } from '../sdk/index.js';
import bytes from '../wasm/core_bg.wasm';

const { parts } = within;
parts.core.wasm = () => bytes;
parts.accept.code = () => accept;
parts.events.code = () => events;
parts.lists.code = () => lists;
parts.locks.code = () => locks;
parts.rescue.code = () => rescue;
// Signed keys, QR codes and the like have modules of their own, which stay outside.
for (const name of ['offline', 'find', 'qr']) delete parts[name];

export { InviteError, configure, connect, invites, isInviteError, ready } from '../sdk/index.js';

export function auto(policy) {
  // The bundler's `require` runs the module here and now; `import()` would come a turn later.
  const { setPolicy } = require('../auto.js');
  if (policy) setPolicy(policy);
}
