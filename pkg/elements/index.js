// Both elements. `cargo xtask build` makes `pkg/elements.js` of this file and all it imports.
export { InviteManager } from './manager.js';
export { InviteAcceptor } from './acceptor.js';
