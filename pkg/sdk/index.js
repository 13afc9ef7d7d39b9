// The package's front. `cargo xtask build` makes `pkg/index.js` of this file and all it imports: a browser asks once.
import { failed } from './error.js';
import { homes } from './home.js';
import { parts } from './parts.js';
import { forget, read, waits, write } from './record.js';
import { mayBeTold } from './secrets.js';

export { InviteError, isInviteError } from './error.js';
export { configure, connect, invites } from './invites.js';
export * from './keys.js';
export { ready } from './load.js';

/** For the package's other files alone. */
export const within = { failed, forget, homes, mayBeTold, parts, read, waits, write };
