/**
 * The whole SDK in one file that loads nothing else: for places that take single files, such as the assets of a
 * webstrate. What works without a server (`inspect`, `find`, `qrCode` and the like) has WebAssembly modules of its own
 * and is not in it.
 *
 * @example
 * ```js
 * import { auto, invites } from './inline.js';
 * auto();
 * webstrate.on('loaded', () => invites.install());
 * ```
 *
 * @packageDocumentation
 */
import type { AcceptPolicy } from './index.js';

export type * from './index.js';
export { InviteError, configure, connect, invites, isInviteError, ready } from './index.js';

/**
 * Does what importing `invite-keys/auto` does: takes up the invite that the address brought, at once. Call it before
 * anything else; calling it again only changes the policy.
 */
export declare function auto(policy?: AcceptPolicy): void;
