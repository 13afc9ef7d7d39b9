/**
 * Hooks for React 18 and later. They read one store per connection, so any number of components may use them, also under
 * StrictMode and on a server, where nothing is asked.
 *
 * @example
 * ```jsx
 * import 'invite-keys/auto';
 * import { usePendingInvite } from 'invite-keys/react';
 *
 * function Invited() {
 *   const { pending, outcome, error, accept } = usePendingInvite();
 *   if (outcome) return <p>You are in: {outcome.permissions}</p>;
 *   return pending && <button onClick={() => accept()}>Accept the invite</button>;
 * }
 * ```
 *
 * @packageDocumentation
 */
import type { AcceptOutcome, AcceptPolicy, CreateOptions, GivenInvite, Invite, InviteError, Invites, PendingInvite } from './index.js';

/** What {@link usePendingInvite} gives. */
export interface PendingInviteState {
  /** The invite that was captured; `null`: none, or no longer. */
  readonly pending: PendingInvite | null;
  /** What accepting it did, here or in another tab. */
  readonly outcome: Partial<AcceptOutcome> | null;
  /** Why it could not be accepted. */
  readonly error: InviteError | null;
  /** Accepts it; without a policy at once. Resolves with `null` where nothing came of it; `error` says why. */
  accept(policy?: AcceptPolicy): Promise<AcceptOutcome | null>;
}

/** What {@link useInvites} gives. */
export interface InvitesState {
  /** The open invites, newest first. */
  readonly invites: Invite[];
  /** Whether they have not come yet. */
  readonly loading: boolean;
  /** Why they did not come. */
  readonly error: InviteError | null;
  /** Makes one; the list follows. */
  create(options?: CreateOptions): Promise<GivenInvite & { key: string }>;
  /** Cancels one; the list follows. */
  remove(invite: Invite): Promise<{ acknowledged: boolean; deletedCount: number }>;
  /** Asks for the list again. It is asked for by itself after each change made here, and when the window gets the focus. */
  refresh(): Promise<void>;
}

/** The invite that the address bar brought. */
export declare function usePendingInvite(invites?: Invites): PendingInviteState;

/** The open invites of a connection: make it once, outside the component, with `connect({ resource })`. */
export declare function useInvites(invites?: Invites): InvitesState;
