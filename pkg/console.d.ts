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

/** {@link Invites}, with a guide. */
export interface ConsoleInvites extends Invites {
  /** Prints examples for what this server supports. */
  help(): Promise<void>;
}

export * from './index.js';
/** Those that are put on `window`. */
export declare const invites: ConsoleInvites;

declare global {
  /** Put here by `invite-keys/console`. */
  var invites: ConsoleInvites;
}
