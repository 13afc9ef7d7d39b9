/**
 * For the developer tools: puts `invites` on `window` and prints a short guide.
 *
 * Loaded from `<server>/sdk/console.js` it speaks with that server, unless the page has one of its own.
 *
 * @example
 * ```js
 * const { invites } = await import('https://invites.example.com/sdk/console.js');
 * ```
 *
 * @packageDocumentation
 */
import type { Invites } from './index.js';

export * from './index.js';

declare global {
  /** Put here by `invite-keys/console`. */
  var invites: Invites;
}
