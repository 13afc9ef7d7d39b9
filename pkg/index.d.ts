/**
 * Create, list, check, accept and cancel invite keys.
 *
 * @example
 * ```js
 * import { invites } from 'invite-keys';
 *
 * const invite = await invites.create({ permissions: 'rw', maxAge: 3600 }, 'notes');
 * const link = await invites.link(invite);
 * ```
 *
 * Importing does nothing: the WebAssembly core is fetched at the first call.
 *
 * @packageDocumentation
 */

// Gives `Symbol.dispose` its type where a project's `lib` is older; the method exists only where the engine has it.
/// <reference lib="esnext.disposable" />

/** Anything JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };

/** A person. `username` and `provider` together tell people apart. */
export interface User {
  /** The name to sign in with; unique beside its `provider`. */
  username: string;
  /** Who vouches for the name, such as `github` or `test`. */
  provider: string;
  /** The name to show, where the server has one. */
  displayName?: string;
}

/** Someone who has access to a resource. */
export interface Member {
  /** Who it is. */
  user: User;
  /** Letters: `a` admin, `r` read, `w` write. Empty where they have no access any more. */
  permissions: string;
  /** What would let them in again: from `setMember` where it takes letters, and from `member` with `links: 'tell'`; for
   *  admins. Absent where an answer was lost and the call was made once more: what the first has done nobody can tell. */
  links?: WaysBack;
}

/**
 * Live links that would let somebody in again: those that can still be accepted, whose maker is an admin who may grant
 * what they grant, and that are for everybody or for that person's own verified address. What the person invited
 * themselves opens nothing once they are out, and is not among them.
 */
export interface WaysBack {
  /** How many have ended with it, or how many there are: more than 100 are told as 101. */
  total: number;
  /** Whether all of them have ended with it. */
  ended: boolean;
  /** The newest of them, 20 at most, without keys. */
  invites: WayBack[];
}

/** A link that would let somebody in again. */
export interface WayBack {
  /** Names the invite: its inviter can `remove({ id })` it. */
  id: string;
  /** What its inviter calls it. */
  label?: string;
  /** What it grants. */
  permissions: string;
  /** How often it can still be used, if that is limited. */
  usesLeft?: number;
  /** When it ends. */
  expiresAt: string;
  /** Who made it. */
  createdBy: User;
  /** The one address that it is for. */
  email?: string;
}

/** Somebody, by name. In a text, what stands before the last colon is the username. */
export type UserRef = { username: string; provider: string } | `${string}:${string}`;

/** How a server speaks. */
export type Dialect = 'webstrates' | 'http';

/** What sort of key a text looks like. */
export type KeyKind = 'webstrates' | 'opaque' | 'signed' | 'userkit' | 'rkvst';

/** Where an invite stands. */
export type InviteStatus = 'pending' | 'accepted' | 'expired' | 'removed';

/** What became of an invite's mail. */
export interface InviteMail {
  /** `sent` once a mail server has taken it, `dropped` where the invite opened nothing any more, `failed` once it was given up. */
  status: 'waiting' | 'sent' | 'dropped' | 'failed';
  /** Why it was given up, in words. */
  trouble?: string;
}

/**
 * An invite, as the server tells it. Dates are ISO 8601 strings; fields of a newer server pass through.
 *
 * From a Webstrates server, `create`, `get` and `check` give exactly what it sends ({@link WebstratesInvite}); `list` gives
 * this form everywhere.
 */
export interface Invite<Extras = Json> {
  /** The secret. Only the inviter gets it. */
  key?: string;
  /** Names the invite, and is no secret. */
  id?: string;
  /** What people are invited to. */
  resource: string;
  /** Letters: `a` admin, `r` read, `w` write. */
  permissions: string;
  /** When it was made. */
  createdAt: string;
  /** `null`: it does not expire. */
  expiresAt: string | null;
  /** In how many seconds, by the server's clock when it answered: a browser's own may be days off. Not on Webstrates. */
  expiresIn?: number;
  /** Who invites. */
  createdBy: User;
  /** Where it stands. */
  status: InviteStatus;
  /** How often it has been used. */
  uses?: number;
  /** How often it may be used; absent: as often as people like. */
  maxUses?: number;
  /** Who used it, and when. */
  accepted?: { user: User; at: string }[];
  /** Whom it is for. */
  email?: string;
  /** What became of its mail, where it was to be mailed: for its inviter and the resource's admins alone. */
  mail?: InviteMail;
  /** What the person reads. */
  message?: string;
  /** What its inviter calls it: for them and the resource's admins alone. */
  label?: string;
  /** What the resource is called; from {@link Invites.check} alone. */
  title?: string;
  /** Your own data. */
  extras?: Extras;
  /** In {@link WebstratesInvite} alone. */
  webstrateId?: undefined;
}

/** An invite as a Webstrates server sends it; nothing else that an {@link Invite} may have is in it. */
export interface WebstratesInvite extends Absent<Exclude<keyof Invite, 'key' | 'permissions' | 'createdAt' | 'expiresAt' | 'createdBy' | 'webstrateId'>> {
  /** The secret. */
  key: string;
  /** What people are invited to. */
  webstrateId: string;
  /** Letters: `a` admin, `r` read, `w` write. */
  permissions: string;
  /** When it was made. */
  createdAt: string;
  /** `null`: it does not expire. */
  expiresAt: string | null;
  /** Who invites. */
  createdBy: User;
}

/** Members that are not there: they may be asked for all the same. */
export type Absent<Names extends string> = { [Name in Names]?: undefined };

/** What `create`, `get` and `check` give where the type of a connection does not say how its server speaks. */
export type GivenInvite = Invite | WebstratesInvite;

/** What {@link Invites.create} takes. */
export interface CreateOptions {
  /**
   * Letters: `a` admin, `r` read, `w` write.
   * @defaultValue `'r'`
   */
  permissions?: string;
  /**
   * How long the invite lasts, in **seconds**, as in Webstrates; 30 days at most.
   * @defaultValue `604800`, a week
   */
  maxAge?: number;
  /** How many people may use it: 1 to 10,000; without it as many as like. Not on Webstrates. */
  maxUses?: number;
  /** The address whose account alone may accept it. Where {@link Invites.supports} knows `email`. */
  email?: string;
  /** What the person reads: 1,000 characters at most. Not on Webstrates. */
  message?: string;
  /** What you call this invite: for you and the resource's admins, no invitee sees it. Not on Webstrates. */
  label?: string;
  /** Your own data, handed to whoever accepts: 8 KiB of JSON at most. Not on Webstrates. */
  extras?: Json;
  /**
   * Whether the key proves offline who made it, see {@link verifySignedKey}. Where {@link Invites.supports} knows `signed`.
   * @defaultValue `false`
   */
  signed?: boolean;
  /**
   * Whether the server mails the link to `email`. Where {@link Invites.supports} knows `send`.
   * @defaultValue `false`
   */
  send?: boolean;
}

/** What every call takes as its last argument; it may stand wherever an argument is left out. */
export interface CallOptions {
  /** Ends the call with the code `aborted`. */
  signal?: AbortSignal;
  /**
   * How long to wait for the answer, in **milliseconds**.
   * @defaultValue `10000`
   */
  timeout?: number;
  /**
   * Names a `create`, so that it is done once however often it is asked for: printable ASCII characters. Where
   * {@link Invites.supports} knows `idempotencyKey`.
   */
  idempotencyKey?: string;
}

/** What {@link Invites.member} and {@link Invites.setMember} take as their last argument. */
export interface MemberCallOptions extends CallOptions {
  /**
   * What becomes of live links that would let the person in again: `member` says which they are with `'tell'`;
   * `setMember` says so of itself where it takes letters, and ends them in the same step with `'end'`. For admins.
   */
  links?: 'tell' | 'end';
}

/** What {@link Invites.members} gives. */
export interface MembersFilter {
  /** Of this resource; absent: the connection's. */
  resource?: string;
  /** Only people in whose name to show or `username:provider` this is found, in upper or lower case. Not on Webstrates. */
  q?: string;
  /** How many to ask the server for at once: 1 to 100. */
  pageSize?: number;
}

/** What {@link Invites.list} gives. */
export interface ListFilter {
  /** To this resource; absent: the connection's. */
  resource?: string;
  /** Those that stand there; absent: all that the server lists. */
  status?: InviteStatus;
  /**
   * Everyone's invites, for an admin, instead of your own.
   * @defaultValue `false`
   */
  everyone?: boolean;
  /** Only those with this in their label or address. */
  q?: string;
  /** How many to ask the server for at once: 1 to 100. */
  pageSize?: number;
}

/** What accepting would do. */
export interface Preview {
  /** What the invite is to. */
  resource: string;
  /** What the resource is called. */
  title?: string;
  /** Who invites. */
  inviter: User;
  /** What the invite grants. */
  permissions: string;
  /** Which of these letters you do not have yet. */
  gained: string;
  /** `null`: it does not expire. */
  expiresAt: string | null;
  /** Whole seconds left; `Infinity` if it does not expire. */
  expiresIn: number;
  /** How many people may still use it; absent: as many as like. */
  usesLeft?: number;
  /** Who would accept: the account that is signed in; `null`: nobody is. */
  account: User | null;
}

/** How {@link Invites.link} and {@link buildLink} write a link. */
export interface LinkOptions {
  /** The page that opens. Without it: the webstrate itself on Webstrates, else the server's own accept page. */
  page?: string | URL;
  /**
   * Where the key stands. A fragment never reaches a server, so mail scanners and logs cannot see it.
   * @defaultValue `'query'` on Webstrates, whose server accepts from there; else `'fragment'`
   */
  in?: 'query' | 'fragment';
  /**
   * The parameter's name. `auto` and the `<head>` snippet read the usual one.
   * @defaultValue `'acceptInvite'`
   */
  param?: string;
}

/** An invite that the address bar brought and nobody has accepted yet. Never the key. */
export interface PendingInvite {
  /** When it was captured. */
  capturedAt: string;
  /** What it is to, where the link says so. */
  resource?: string;
  /** What the key looks like. */
  kind: KeyKind;
  /** The page without the invite: where a sign-in page should lead back to. */
  continueUrl: string;
}

/** What accepting did. Already having the permissions is no error: `gained` is empty then and `already` true. */
export interface AcceptOutcome {
  /** What you got into. */
  resource: string;
  /** What you may do now. */
  permissions: string;
  /** What you could not do before. */
  gained: string;
  /** Whether you had all of it before. */
  already: boolean;
  /** What the inviter gave along. */
  extras?: Json;
  /** For your backend, which redeems it once and within five minutes to know for certain who accepted. */
  receipt?: string;
  /** What did not go quite as hoped. */
  warnings: Warning[];
}

/** A call worked, but not quite as hoped. */
export interface Warning {
  /** Stable, unlike the message. */
  code: 'permission_delay' | 'permission_lost' | 'already_expired' | (string & {});
  /** An English sentence for people. */
  message: string;
}

/**
 * When {@link Invites.acceptPending} accepts.
 *
 * - `'signed-in'`: if somebody is signed in. An invite that makes you an admin is asked about all the same.
 * - `'confirm'`: after a person said yes to a question of the browser's.
 * - `'off'`: never.
 * - a function: it decides; it may ask by itself and take its time. Only `true` accepts, and only `false` declines: any
 *   other answer, say a string, accepts nothing and rejects with `invalid_option`, whose `field` is `policy`.
 *
 * Without one it is `'signed-in'` on Webstrates and `'confirm'` everywhere else.
 */
export type AcceptPolicy = 'signed-in' | 'confirm' | 'off' | ((preview: Preview) => boolean | Promise<boolean>);

/** What {@link Invites.supports} knows. */
export type Feature =
  | 'maxUses'
  | 'message'
  | 'label'
  | 'extras'
  | 'preview'
  | 'members'
  | 'setMember'
  | 'email'
  | 'signed'
  | 'send'
  | 'idempotencyKey'
  | 'events'
  | 'pending'
  | 'receipts'
  | 'resend'
  | (string & {});

/** A token, or what gets one. */
export type Bearer = string | (() => string | Promise<string>);

/** The part of `WebSocket` that is used: a browser's own, or `WebSocket` from the npm package `ws`. */
export interface WebSocketConstructor {
  new (url: string): {
    /** Called with the text in `data`. */
    onmessage: ((event: any) => void) | null;
    /** Called before `onclose` where something went wrong. */
    onerror: ((event: any) => void) | null;
    /** Called once, with `code` and `reason`. */
    onclose: ((event: any) => void) | null;
    send(data: string): void;
    close(): void;
  };
}

/** Where a server is and how to speak with it. */
export interface ConnectOptions {
  /** Its address, such as `https://invites.example.com`; without it: this page's server. */
  server?: string | URL;
  /** What people are invited to, where a call does not say. */
  resource?: string;
  /** Without it the server is asked. */
  dialect?: Dialect;
  /**
   * Who is calling, where no cookie says so. On Webstrates `bearer` is an access token.
   */
  auth?:
    | { bearer: Bearer }
    | { accessToken: string; username: string; provider: string };
  /**
   * Whether cookies go along.
   * @defaultValue `'omit'` with a bearer, else `'same-origin'`
   */
  credentials?: 'omit' | 'same-origin' | 'include';
  /**
   * How long each call may take, in milliseconds.
   * @defaultValue `10000`
   */
  timeout?: number;
  /** Used in place of the global `fetch`. */
  fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Used in place of the global `WebSocket`, which Node 20 does not have. */
  WebSocket?: WebSocketConstructor;
}

/** An event of {@link Invites}; a key is in none of them. */
export interface InvitesEvent<Detail> extends Event {
  /** What happened. */
  readonly detail: Detail;
}

/** The events, on an {@link Invites} and, for {@link invites} itself, on `document`, too. */
export interface InvitesEventMap {
  /** `auto` has taken up an invite: from the address, or kept by this tab since an earlier page. */
  invitecaptured: InvitesEvent<PendingInvite>;
  /** I accepted. After a plain `accept` on Webstrates nobody knows what was `gained`. */
  inviteaccepted: InvitesEvent<Omit<AcceptOutcome, 'gained' | 'already'> & Partial<AcceptOutcome>>;
  /** The pending invite could not be accepted; see {@link Invites.pending} for whether it is kept. */
  inviterejected: InvitesEvent<{ code: ErrorCode }>;
  /** I created one; or, on a server that tells and while somebody listens for `inviteused`, another admin or tab did. */
  invitecreated: InvitesEvent<{ id?: string; resource: string; permissions?: string; expiresAt?: string | null; user?: User; at?: string; uses?: number }>;
  /** I removed one, or another admin or tab did, as with `invitecreated`. */
  inviteremoved: InvitesEvent<{ id?: string; resource?: string; user?: User; at?: string; uses?: number }>;
  /** A call worked, but not quite as hoped; the console has a line of it, too. */
  invitewarning: InvitesEvent<Warning & { resource?: string }>;
  /**
   * Somebody used an invite of this connection's resource. Told from the moment that somebody listens for it on the
   * `Invites` (not only on `document`) until nobody does, or {@link Invites.close}. On `http` by server-sent events, one
   * connection for all tabs; events between two connections come late, not never. On Webstrates the document is looked
   * at every few seconds, and an admin who gives the same permissions by hand looks like one who was invited.
   */
  inviteused: InvitesEvent<{ id?: string; resource: string; user: User; permissions?: string; at: string; uses?: number }>;
  /**
   * The mail of an invite was given up: its `mail` says why. On a server that tells and while somebody listens for
   * `inviteused`. `user` is whose invite it is.
   */
  inviteunmailed: InvitesEvent<{ id: string; resource: string; user: User; at: string; uses?: number }>;
}

/**
 * One server's invites. {@link invites} is this page's; {@link connect} makes others.
 *
 * The first five calls are Webstrates' own, argument for argument. Each settles: with the answer, at its deadline, or by
 * its signal; both count from the call, though the WebAssembly may have to be loaded first. Each rejection is an
 * {@link InviteError}. A call belongs to the server that was configured when it was made. All functions are bound:
 * `const { create } = invites` works.
 */
export interface Invites<Given extends GivenInvite = GivenInvite> extends EventTarget {
  /**
   * Makes an invite. Needs `a` on the resource.
   *
   * @example
   * ```js
   * const invite = await invites.create({ permissions: 'rw', maxAge: 24 * 3600 }, 'notes');
   * ```
   */
  create(this: void, options?: CreateOptions, webstrateId?: string, call?: CallOptions): Promise<Given & { key: string }>;
  /** The same, with the resource left out. */
  create(this: void, options: CreateOptions | undefined, call: CallOptions): Promise<Given & { key: string }>;
  /** The same, with the options left out, too. */
  create(this: void, call: CallOptions): Promise<Given & { key: string }>;

  /**
   * The invites you made that still work.
   *
   * @example
   * ```js
   * for (const invite of await invites.get('notes')) show(invite);
   * ```
   */
  get(this: void, webstrateId?: string, call?: CallOptions): Promise<Given[]>;
  /** The same, with the resource left out. */
  get(this: void, call: CallOptions): Promise<Given[]>;

  /**
   * Looks one invite up. Needs only the key.
   *
   * @example
   * ```js
   * const { resource, permissions, createdBy } = await invites.check(key);
   * ```
   */
  check(this: void, key: string | GivenInvite, webstrateId?: string, call?: CallOptions): Promise<Given>;
  /** The same, with the resource left out. */
  check(this: void, key: string | GivenInvite, call: CallOptions): Promise<Given>;

  /**
   * Accepts an invite and resolves with all you may do now. Accepting twice is accepting once: so it may be called again
   * after `unknown_outcome`, which says that not even the server knows whether it was accepted.
   *
   * @example
   * ```js
   * const permissions = await invites.accept(key);   // 'rw'
   * ```
   */
  accept(this: void, key: string | GivenInvite, webstrateId?: string, call?: CallOptions): Promise<string>;
  /** The same, with the resource left out. */
  accept(this: void, key: string | GivenInvite, call: CallOptions): Promise<string>;

  /**
   * Cancels one of your invites, by its key or its id. People who already joined keep their access. Only what was confirmed is claimed: where an
   * answer was lost, `deletedCount` is 0 if the server says then that the invite has ended, by whomever, and the call
   * rejects with `unknown_outcome` if nobody can tell.
   *
   * @example
   * ```js
   * await invites.remove(invite);
   * ```
   */
  remove(this: void, key: string | GivenInvite | { id: string }, webstrateId?: string, call?: CallOptions): Promise<{ acknowledged: boolean; deletedCount: number }>;
  /** The same, with the resource left out. */
  remove(this: void, key: string | GivenInvite | { id: string }, call: CallOptions): Promise<{ acknowledged: boolean; deletedCount: number }>;

  /**
   * Your invites, asked for page by page as you go. A list that does not end, be it of 10,000 pages, rejects with
   * `bad_response`.
   *
   * @example
   * ```js
   * for await (const invite of invites.list()) show(invite);
   * ```
   */
  list(this: void, filter?: ListFilter, call?: CallOptions): AsyncIterable<Invite>;
  /** The same, without a filter. */
  list(this: void, call: CallOptions): AsyncIterable<Invite>;

  /**
   * What accepting would do, and as whom.
   *
   * @example
   * ```js
   * const { inviter, title, gained, account } = await invites.preview(key);
   * ```
   */
  preview(this: void, key: string | GivenInvite, call?: CallOptions): Promise<Preview>;

  /**
   * Who has access, in the order they came, asked for page by page as you go.
   *
   * @example
   * ```js
   * for await (const { user, permissions } of invites.members()) show(user, permissions);
   * ```
   */
  members(this: void, filter?: MembersFilter, call?: CallOptions): AsyncIterable<Member>;
  /** The same, without a filter. */
  members(this: void, call: CallOptions): AsyncIterable<Member>;

  /**
   * What one person may do; `null` where they have no access. One read: a backend may ask on every request.
   *
   * @example
   * ```js
   * const member = await invites.member('bob:github');
   * if (!member?.permissions.includes('w')) throw new Error('Bob may not write.');
   * ```
   */
  member(this: void, user: UserRef, resource?: string, call?: MemberCallOptions): Promise<Member | null>;
  /** The same, with the resource left out. */
  member(this: void, user: UserRef, call: MemberCallOptions): Promise<Member | null>;

  /**
   * Lets somebody do exactly this from now on; `''` takes their access away. For admins; anybody may give up letters of
   * their own. The last admin cannot go (`last_admin`). Whoever takes letters is told in `links` what would give them
   * back; with `links: 'end'` those links end in the same step. Twice is once: it may be called again after
   * `unknown_outcome`, which says that not even the server knows whether it was done.
   *
   * @example
   * ```js
   * const { links } = await invites.setMember('bob:github', '', undefined, { links: 'end' });
   * if (links) console.log(`Bob is out, and ${links.total} links that would have let him back in have ended.`);
   * ```
   */
  setMember(this: void, user: UserRef, permissions: string, resource?: string, call?: MemberCallOptions): Promise<Member>;
  /** The same, with the resource left out. */
  setMember(this: void, user: UserRef, permissions: string, call: MemberCallOptions): Promise<Member>;

  /**
   * The link to send to people.
   *
   * @example
   * ```js
   * await navigator.clipboard.writeText(await invites.link(invite));
   * ```
   */
  link(this: void, invite: GivenInvite | string, options?: LinkOptions, call?: CallOptions): Promise<string>;
  /** The same, without options. */
  link(this: void, invite: GivenInvite | string, call: CallOptions): Promise<string>;

  /** Whether this server can do something, before you offer it. */
  supports(this: void, feature: Feature, call?: CallOptions): Promise<boolean>;

  /**
   * The invite that `auto` or the `<head>` snippet captured in this tab, for 15 minutes.
   *
   * @example
   * ```js
   * if (invites.pending) location.href = `/sign-in?continue=${encodeURIComponent(invites.pending.continueUrl)}`;
   * ```
   */
  readonly pending: PendingInvite | null;

  /**
   * Accepts the pending invite, once, however often it is called meanwhile. Each call has its own deadline, signal and
   * policy. The first yes or no counts for all; a function's answer takes the place of the browser's question, and
   * `'signed-in'` waits for no person whom another call asked.
   *
   * Resolves with `null` if there is none or the policy says no. It is gone after success and final failure, and kept
   * after a failure that may pass, such as `offline` and `not_signed_in`.
   *
   * @example
   * ```js
   * acceptButton.onclick = () => invites.acceptPending(() => true);
   * ```
   */
  acceptPending(this: void, policy?: AcceptPolicy, call?: CallOptions): Promise<AcceptOutcome | null>;
  /** The same, without a policy. */
  acceptPending(this: void, call: CallOptions): Promise<AcceptOutcome | null>;

  /** Becomes `webstrate.user.invites` on this page. */
  install(this: void): void;

  /**
   * Ends the calls under way with the code `closed` and drops the connection. What {@link connect} made stays closed;
   * {@link invites} itself opens anew at the next call, and who still listens for `inviteused` hears again from then on.
   */
  close(this: void): void;

  /** {@link Invites.close}, for `using`; only where the engine has `Symbol.dispose`. */
  [Symbol.dispose](): void;

  /** One of this package's own events. */
  addEventListener<Type extends keyof InvitesEventMap>(
    this: void,
    type: Type,
    listener: ((event: InvitesEventMap[Type]) => void) | { handleEvent(event: InvitesEventMap[Type]): void } | null,
    options?: boolean | { capture?: boolean; once?: boolean; passive?: boolean; signal?: AbortSignal },
  ): void;
  /** Any other event. */
  addEventListener(
    this: void,
    type: string,
    listener: ((event: Event) => void) | { handleEvent(event: Event): void } | null,
    options?: boolean | { capture?: boolean; once?: boolean; passive?: boolean; signal?: AbortSignal },
  ): void;
  /** One of this package's own events. */
  removeEventListener<Type extends keyof InvitesEventMap>(
    this: void,
    type: Type,
    listener: ((event: InvitesEventMap[Type]) => void) | { handleEvent(event: InvitesEventMap[Type]): void } | null,
    options?: boolean | { capture?: boolean },
  ): void;
  /** Any other event. */
  removeEventListener(
    this: void,
    type: string,
    listener: ((event: Event) => void) | { handleEvent(event: Event): void } | null,
    options?: boolean | { capture?: boolean },
  ): void;
}

/**
 * This page's invites: the server of `<meta name="invite-keys" content="…">` or {@link configure}, else this origin; on a
 * Webstrates page that one. In Node it needs {@link configure}.
 *
 * @example
 * ```js
 * await invites.accept(key);
 * ```
 */
export declare const invites: Invites;

/**
 * Another server, or another account. Never throws: what is wrong with the options rejects the calls. What nobody holds
 * any longer is collected.
 *
 * @example
 * ```js
 * const other = connect({ server: 'https://invites.example.com', auth: { bearer } });
 * ```
 */
export declare function connect(options: ConnectOptions & { dialect: 'webstrates' }): Invites<WebstratesInvite>;
/** The same, of a server that speaks our own API. */
export declare function connect(options: ConnectOptions & { dialect: 'http' }): Invites<Invite>;
/** The same, of a server that says how it speaks. */
export declare function connect(options?: ConnectOptions): Invites;

/**
 * Says where {@link invites} finds its server, from now on: calls already made stay with the one there was.
 *
 * @example
 * ```js
 * configure({ server: 'https://invites.example.com' });
 * ```
 */
export declare function configure(options?: ConnectOptions): void;

/**
 * Loads ahead what calls need and what {@link inspect} and its like need: all WebAssembly, 280 KB before it is compressed,
 * 115 KB after. After it the `…Sync` forms work. After a failure, say offline, it may be called again.
 *
 * @example
 * ```js
 * dialog.onpointerenter = () => ready();
 * ```
 */
export declare function ready(): Promise<void>;

/** @internal For the package's other files alone. */
export declare const within: object;

/** What a signed key says. Times are ISO 8601 strings. */
export interface Claims {
  /** The public address of the server that issued it. */
  issuer: string;
  /** What it invites to. */
  resource: string;
  /** Letters: `a` admin, `r` read, `w` write. */
  permissions: string;
  /** The invite's id, which is no secret. */
  id: string;
  /** When it was issued. */
  issuedAt: string;
  /** From when on it is expired. */
  expiresAt: string;
  /** Before when it is not yet valid. */
  notBefore?: string;
  /** How many people may accept it. How many already did only the server knows. */
  maxUses?: number;
  /** Who invites, for people: show it as text. */
  inviter?: string;
}

/** What every {@link Verdict} has. */
export interface Said {
  /** An English sentence for people, without the key. */
  sentence: string;
}

/** It cannot be a key. */
export interface Malformed extends Said {
  /** What tells the verdicts apart. */
  verdict: 'malformed';
  /** Why, such as `too_short`. */
  reason:
    | 'empty' | 'too_short' | 'too_long' | 'bad_character' | 'upper_case' | 'checksum'
    | 'not_canonical' | 'not_json' | 'duplicate_member' | 'unsupported_algorithm' | 'unsupported_member' | 'missing_member' | 'bad_member'
    | (string & {});
  /** What may have happened: `61 of 64 characters: cut off?`. */
  hint?: string;
  /** Where in the key the fault is, counted from 0. */
  at?: number;
}

/** It has the shape of a key, and its checksum is right where there is one. It may still open nothing. */
export interface Plausible extends Said {
  /** What tells the verdicts apart. */
  verdict: 'plausible';
  /** What sort of key it looks like. */
  kind: KeyKind;
  /** What a signed key says of itself. Anybody can write that: {@link verifySignedKey} tells whether the issuer did. */
  unverifiedClaims?: Claims;
}

/** Signature, issuer, audience and time are right. It may still have been removed or used up: only the server knows. */
export interface Authentic extends Said {
  /** What tells the verdicts apart. */
  verdict: 'authentic';
  /** What sort of key it is. */
  kind: 'signed';
  /** What it says. */
  claims: Claims;
}

/** A signed key that is right in itself, or not even that. */
export interface Refused extends Said {
  /** What tells the verdicts apart: `bad_signature` says that it was changed, or that someone else made it. */
  verdict: 'expired' | 'not_yet_valid' | 'wrong_audience' | 'unknown_key' | 'bad_signature';
  /** Where in the key it says so, counted from 0. */
  at: number;
  /** `expired`: since when. */
  since?: string;
  /** `not_yet_valid`: until when. */
  until?: string;
  /** `wrong_audience`: the address that was asked for. */
  expected?: string;
  /** `wrong_audience`: the address that it is for. */
  found?: string;
  /** `unknown_key`: the name of the key that is said to have signed it. Perhaps a newer JWK set has it. */
  kid?: string;
}

/** What can be said about a key without asking anyone; never that it is valid. It is data: nothing is thrown. */
export type Verdict = Malformed | Plausible | Authentic | Refused;

/** A link, taken apart. */
export interface Link {
  /** The link without the invite. */
  page: string;
  /** What it is to, where the link says so. */
  resource?: string;
  /** The secret. */
  key: string;
  /** Where the key stands. */
  in: 'query' | 'fragment';
}

/** How links are read and written. */
export interface ParseOptions {
  /**
   * The parameter's name.
   * @defaultValue `'acceptInvite'`
   */
  param?: string;
}

/**
 * Looks at a key, or at the one in a link, offline.
 *
 * @example
 * ```js
 * const verdict = await inspect(input.value);
 * if (verdict.verdict === 'malformed') input.setCustomValidity(verdict.sentence);
 * ```
 */
export declare function inspect(keyOrLink: string | URL, options?: ParseOptions): Promise<Malformed | Plausible>;
/** {@link inspect}, at once; throws `load_failed` before {@link ready} has resolved. */
export declare function inspectSync(keyOrLink: string | URL, options?: ParseOptions): Malformed | Plausible;

/** What a program did to an invite on its way, and {@link find} undid. */
export type Repair =
  | 'line_break' | 'quoted_printable' | 'html_entity' | 'backslash' | 'percent_encoding' | 'trailing_text'
  | 'invisible_character' | 'full_width' | 'hyphen' | 'safe_links' | 'google_redirect' | 'proofpoint_redirect'
  | (string & {});

/** Where something stands in the text that was given, in JavaScript's own count: `text.slice(start, end)` is all of it. */
export interface Place {
  /** Where it begins. */
  start: number;
  /** Where it ends. */
  end: number;
  /** What was undone to read it, each once. */
  repairs: Repair[];
}

/** An invite that {@link find} found: the whole link, or the key where it stands alone. */
export interface Found extends Place {
  /** The secret. */
  key: string;
  /** What sort of key it looks like. */
  kind: KeyKind;
  /** The link that it stands in, repaired. */
  link?: Link;
}

/** What is meant to be an invite, but its key is malformed however it is read. */
export interface Broken extends Place {
  /** What is wrong with the key. */
  verdict: Malformed;
}

/** What {@link find} found, in the order in which it stands there. */
export interface Finds extends Array<Found> {
  /** What is meant to be an invite but has no key: a link that was cut off, a key with a typing error. */
  broken: Broken[];
  /** Whether all of the text was looked at: a mebibyte at most, and up to a thousand invites. */
  complete: boolean;
}

/**
 * Finds the invites in what people paste, and undoes what mail and chat programs do to links.
 *
 * @example
 * ```js
 * for (const { key, start, end, repairs } of await find(mail)) highlight(start, end, repairs);
 * ```
 */
export declare function find(text: string, options?: ParseOptions): Promise<Finds>;
/** {@link find}, at once; throws `load_failed` before {@link ready} has resolved. */
export declare function findSync(text: string, options?: ParseOptions): Finds;

/** Takes a link apart; `null` if there is no invite in it. Rejects with `malformed_key` if its key is none. */
export declare function parseLink(link: string | URL, options?: ParseOptions): Promise<Link | null>;
/** {@link parseLink}, at once; throws `load_failed` before {@link ready} has resolved. */
export declare function parseLinkSync(link: string | URL, options?: ParseOptions): Link | null;

/** The exact inverse of {@link parseLink}. */
export declare function buildLink(link: Link, options?: ParseOptions): Promise<string>;
/** {@link buildLink}, at once; throws `load_failed` before {@link ready} has resolved. */
export declare function buildLinkSync(link: Link, options?: ParseOptions): string;

/**
 * Draws a link as a QR code: the text of an SVG picture that scales to any size, black on white, without scripts or
 * styles. Rejects with `invalid_option` if the link is longer than such a code can hold, 2,331 bytes.
 *
 * @example
 * ```js
 * image.src = `data:image/svg+xml,${encodeURIComponent(await qrCode(link))}`;
 * ```
 */
export declare function qrCode(link: string | URL): Promise<string>;
/** {@link qrCode}, at once; throws `load_failed` before {@link ready} has resolved. */
export declare function qrCodeSync(link: string | URL): string;

/** A JWK set, as an issuer serves it at `/.well-known/jwks.json`. */
export interface JwkSet {
  /** The public keys. */
  keys: object[];
}

/** What {@link verifySignedKey} compares a key with. */
export interface VerifyOptions {
  /** What the key has to be for: the address of the server that issued it, or that with a resource behind it. */
  audience: string | URL;
  /** Who has to have issued it; `audience` is its address then, or that with a resource behind it. */
  issuer?: string | URL;
  /**
   * The time to judge by, as a date or in milliseconds, from 2001 to 2286: anything else rejects with `invalid_option`.
   * @defaultValue `Date.now()`
   */
  now?: Date | number;
  /**
   * How far clocks may be apart, in **seconds**, an hour at most.
   * @defaultValue `60`
   */
  leeway?: number;
}

/**
 * Says offline whether a signed key is authentic; of an unsigned one, {@link inspect}'s verdict. Rejects with
 * `invalid_option` if the JWK set is none, the audience is no address or not the issuer's, the time or the leeway is none,
 * or an option is misspelt; its `field` says which.
 *
 * @example
 * ```js
 * const jwks = await (await fetch('https://invites.example.com/.well-known/jwks.json')).json();
 * const verdict = await verifySignedKey(key, jwks, { audience: 'https://invites.example.com/notes' });
 * if (verdict.verdict === 'authentic') show(verdict.claims.permissions);
 * ```
 */
export declare function verifySignedKey(key: string, jwks: JwkSet | string, options: VerifyOptions): Promise<Verdict>;
/** {@link verifySignedKey}, at once; throws `load_failed` before {@link ready} has resolved. */
export declare function verifySignedKeySync(key: string, jwks: JwkSet | string, options: VerifyOptions): Verdict;

/** The stable codes of {@link InviteError}; a newer server may send others. `ERRORS.md` tells what to do about each. */
export type ErrorCode =
  | 'malformed_key'
  | 'invalid_option'
  | 'unsupported'
  | 'not_signed_in'
  | 'bad_credentials'
  | 'not_admin'
  | 'invalid_key'
  | 'expired'
  | 'removed'
  | 'exhausted'
  | 'inviter_not_admin'
  | 'cannot_remove'
  | 'already_exists'
  | 'last_admin'
  | 'wrong_account'
  | 'not_found'
  | 'forbidden'
  | 'rate_limited'
  | 'limit_reached'
  | 'try_again'
  | 'offline'
  | 'timeout'
  | 'aborted'
  | 'closed'
  | 'unknown_outcome'
  | 'not_invites_server'
  | 'load_failed'
  | 'secret_in_browser'
  | 'server_error'
  | 'bad_response'
  | (string & {});

/**
 * Every rejection. A key never stands in it.
 *
 * `instanceof` misses errors of another frame or a second copy of this package: prefer {@link isInviteError}.
 */
export declare class InviteError extends Error {
  /** Makes one; the package itself does, your code seldom needs to. */
  constructor(
    code: ErrorCode,
    message: string,
    details?: { retryable?: boolean; status?: number; retryAfter?: number; field?: string; cause?: unknown },
  );
  /** What {@link isInviteError} goes by. */
  readonly name: 'InviteError';
  /** Stable, unlike the message. */
  readonly code: ErrorCode;
  /** Whether the same call may work later. */
  readonly retryable: boolean;
  /** The HTTP status, where there was one. */
  readonly status?: number;
  /** When to try again, in milliseconds: a day at most. */
  readonly retryAfter?: number;
  /** Which argument was wrong. */
  readonly field?: string;
  /** What was thrown underneath, unless a key is in it. */
  readonly cause?: unknown;
  /** As whom one is signed in: with `wrong_account` from {@link Invites.acceptPending}. */
  readonly account?: User | null;
}

/**
 * Whether something caught is an {@link InviteError}, by its name.
 *
 * @example
 * ```js
 * try {
 *   await invites.accept(key);
 * } catch (error) {
 *   if (!isInviteError(error)) throw error;
 *   if (error.code === 'not_signed_in') signIn();
 *   else show(error.message);
 * }
 * ```
 */
export declare function isInviteError(error: unknown): error is InviteError;

declare global {
  interface DocumentEventMap {
    invitecaptured: InvitesEventMap['invitecaptured'];
    inviteaccepted: InvitesEventMap['inviteaccepted'];
    inviterejected: InvitesEventMap['inviterejected'];
    invitecreated: InvitesEventMap['invitecreated'];
    inviteremoved: InvitesEventMap['inviteremoved'];
    invitewarning: InvitesEventMap['invitewarning'];
    inviteused: InvitesEventMap['inviteused'];
    inviteunmailed: InvitesEventMap['inviteunmailed'];
  }
}
