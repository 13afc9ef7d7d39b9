/**
 * Takes up the invite that the address bar brought.
 *
 * On import the key is taken out of the address, from the query or the fragment, before anything is requested:
 * `history.state`, other parameters and the rest of the hash stay. The invite is kept so that it outlives a sign-in: by
 * invite-server in a sealed cookie, from which any tab of this browser goes on for 24 hours, also after a sign-up whose
 * confirmation link opens a new tab; elsewhere in this tab, for 15 minutes. Then it is accepted by policy, once, and every
 * open tab hears one `inviteaccepted`. Nothing is accepted in a frame of another origin, and nothing while the page is
 * hidden or prerendered.
 *
 * @example
 * As a script; `data-policy` is optional:
 * ```html
 * <script type="module" src="https://invites.example.com/sdk/auto.js" data-policy="signed-in"></script>
 * ```
 *
 * @example
 * In a bundle, as the first import:
 * ```js
 * import { setPolicy } from 'invite-keys/auto';
 *
 * setPolicy(async (preview) => await myDialog(preview));
 * document.addEventListener('inviteaccepted', ({ detail }) => location.assign(`/${detail.resource}/`));
 * ```
 *
 * @packageDocumentation
 */
import type { AcceptPolicy } from './index.js';

/** Says when to accept, in place of `data-policy`. Call it where you import it: accepting begins right after. */
export declare function setPolicy(policy: AcceptPolicy | undefined): void;
