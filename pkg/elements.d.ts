/**
 * `<invite-manager>` and `<invite-acceptor>`: everything around invites, ready to be shown.
 *
 * Give each its connection through the property `invites`. They live in a shadow root: style them through the custom
 * properties `--invite-page`, `--invite-surface`, `--invite-sunken`, `--invite-ink`, `--invite-muted`, `--invite-line`,
 * `--invite-control`, `--invite-accent`, `--invite-on-accent`, `--invite-accent-soft`, `--invite-danger`,
 * `--invite-on-danger`, `--invite-danger-soft`, `--invite-brass`, `--invite-brass-soft`, `--invite-radius`, and through
 * `::part()`. They follow the page's `color-scheme`, and speak the language of the nearest `lang`: English, Danish or
 * German. No key is ever in an attribute or in the light DOM; on a Webstrates page wrap them in `<transient>`.
 *
 * @example
 * ```html
 * <invite-manager resource="notes"></invite-manager>
 * <script type="module">
 *   import { connect } from 'https://invites.example.com/sdk/index.js';
 *   import 'https://invites.example.com/sdk/elements.js';
 *   document.querySelector('invite-manager').invites = connect({ resource: 'notes' });
 * </script>
 * ```
 *
 * @packageDocumentation
 */
import type { AcceptOutcome, ErrorCode, Invite, Invites, User } from './index.js';

/** The events of {@link InviteManager}; they bubble. No key is in any of them. */
export interface InviteManagerEventMap {
  /** An invite was made here. */
  created: CustomEvent<Pick<Invite, 'id' | 'permissions' | 'expiresAt'>>;
  /** An invite was revoked here. */
  revoked: CustomEvent<Pick<Invite, 'id'>>;
  /** Somebody was taken out here, and so many links that would have let them back in ended with it. */
  memberremoved: CustomEvent<{ user: User; linksEnded: number }>;
  /** The server refuses the list; the element shows why. */
  refused: CustomEvent<{ code: ErrorCode }>;
}

/**
 * Makes invites, shows their links to copy, share and scan, lists the open ones with who joined, revokes them, and shows
 * who has access and what happened lately. Takes somebody's access away, says which open links would let them back in,
 * and ends those in the same step.
 *
 * Attributes: `resource`, what people are invited to, in place of what the connection says; `page`, where links lead.
 * Slot: `empty`, said when there are no open invites.
 * Parts: `card`, `create-card`, `list-card`, `members-card`, `activity-card`, `create`, `new-link`, `link`, `copy`,
 * `share`, `show-qr`, `qr`, `invites`, `empty`, `revoke`, `dialog`, `confirm-revoke`, `members`, `remove`, `confirm-remove`, `activity`.
 */
export declare class InviteManager extends HTMLElement {
  /** The connection. Setting it starts the element, `null` stops it. */
  invites: Invites | null | undefined;
  /** Who is signed in, to be marked among the members. */
  me: User | null;
  /** One of its own events. */
  addEventListener<Type extends keyof InviteManagerEventMap>(
    type: Type,
    listener: (event: InviteManagerEventMap[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** Any other event. */
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

/** The events of {@link InviteAcceptor}; they bubble. No key is in any of them. */
export interface InviteAcceptorEventMap {
  /** The invite is shown to somebody who is not signed in. */
  signinneeded: CustomEvent<null>;
  /** It was accepted, here or in another tab. */
  accepted: CustomEvent<Pick<AcceptOutcome, 'resource' | 'permissions' | 'gained' | 'already'>>;
  /** Not now. The invite is kept. */
  declined: CustomEvent<null>;
  /** It could not be accepted; the element shows why. */
  rejected: CustomEvent<{ code: ErrorCode }>;
}

/**
 * Shows the invite that `auto` or the `<head>` snippet captured: who invites to what, what it would give, to which
 * account; and asks. Without a pending invite it shows nothing.
 *
 * Attribute: `sign-in`, the address of a sign-in page, which gets the way back as its parameter `continue`.
 * Slots: `sign-in`, in place of that link; `next`, after the outcome.
 * Parts: `ticket`, `accept`, `later`, `sign-in`.
 */
export declare class InviteAcceptor extends HTMLElement {
  /** The connection whose `pending` invite is shown. Setting it starts the element. */
  invites: Invites | null | undefined;
  /** One of its own events. */
  addEventListener<Type extends keyof InviteAcceptorEventMap>(
    type: Type,
    listener: (event: InviteAcceptorEventMap[Type]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  /** Any other event. */
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'invite-manager': InviteManager;
    'invite-acceptor': InviteAcceptor;
  }
}
