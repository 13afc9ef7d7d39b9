// Everything a page uses, as it should read; `tsc` is the test.
import {
  InviteError, buildLink, configure, connect, find, findSync, inspect, inspectSync, invites, isInviteError, parseLink, qrCode,
  ready, verifySignedKey, verifySignedKeySync,
  type AcceptOutcome, type AcceptPolicy, type Claims, type CreateOptions, type Found, type GivenInvite, type Invite, type Invites, type Json, type Member, type Preview,
  type User, type Verdict, type WaysBack, type WebstratesInvite,
} from 'invite-keys';
import { setPolicy } from 'invite-keys/auto';
import { invites as fromConsole } from 'invite-keys/console';
import { InviteManager } from 'invite-keys/elements';
import { useInvites, usePendingInvite } from 'invite-keys/react';

type Same<Left, Right> = (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false;
function same<Left, Right>(..._proof: Same<Left, Right> extends true ? [] : ['these types differ']): void {}

export async function everyCall(key: string, signal: AbortSignal): Promise<void> {
  const options: CreateOptions = { permissions: 'rw', maxAge: 3600, maxUses: 5, message: 'Come in', extras: { from: ['x', 1, null] } };
  const invite = await invites.create(options, 'notes', { signal, timeout: 500 });
  await invites.create();
  await invites.create(options, { signal });
  // Which of the two it is, the server decides.
  same<typeof invite, GivenInvite & { key: string }>();
  same<typeof invite.key, string>();
  same<typeof invite.resource, string | undefined>();
  same<typeof invite.webstrateId, string | undefined>();
  same<Invite['key'], string | undefined>();
  same<Invite['expiresAt'], string | null>();
  same<Invite['extras'], Json | undefined>();

  const all = await invites.get('notes');
  await invites.get({ timeout: 100 });
  same<typeof all, GivenInvite[]>();
  same<Awaited<ReturnType<typeof invites.check>>, GivenInvite>();
  await invites.check(key);
  await invites.check(invite, { signal });
  const permissions = await invites.accept(key, 'notes');
  same<typeof permissions, string>();
  await invites.create({ timeout: 500 });
  await invites.create({ signal, idempotencyKey: 'one' });
  await invites.remove({ id: 'one' });
  await invites.remove({ id: 'one' }, 'notes', { signal });
  await invites.remove({ id: 'one' }, { signal });
  for await (const each of invites.list({ signal })) same<typeof each, Invite>();
  for await (const each of invites.list({ resource: 'notes', everyone: true })) if (each.id) await invites.remove({ id: each.id });
  const removed = await invites.remove(invite);
  same<typeof removed, { acknowledged: boolean; deletedCount: number }>();

  for await (const each of invites.list({ status: 'pending', pageSize: 10 }, { signal })) same<typeof each, Invite>();
  const preview: Preview = await invites.preview(key);
  same<Preview['account'], User | null>();
  for await (const member of invites.members({ q: 'bob', pageSize: 10 }, { signal })) same<typeof member, Member>();
  for await (const { user } of invites.members({ signal })) same<typeof user, User>();
  const member = await invites.member({ username: 'bob', provider: 'github' }, 'notes', { links: 'tell' });
  same<typeof member, Member | null>();
  const { links } = await invites.setMember('bob:github', '', { links: 'end', signal });
  same<typeof links, WaysBack | undefined>();
  // @ts-expect-error: nobody is called that
  await invites.member('bob');
  const link: string = await invites.link(invite, { in: 'fragment', page: new URL(location.href) });
  await invites.link(key, { in: 'query' }, { timeout: 100 });
  await invites.link(invite, { signal });
  if (await invites.supports('maxUses', { signal })) console.log(link, preview.gained, permissions.length);
}

/** A connection that says how its server speaks says what it gives, too. */
export async function everyDialect(): Promise<void> {
  const http = connect({ dialect: 'http', resource: 'notes' });
  const made = await http.create();
  same<typeof made, Invite & { key: string }>();
  same<typeof made.resource, string>();
  const webstrates = connect({ dialect: 'webstrates' });
  const mine = await webstrates.create();
  same<typeof mine.webstrateId, string>();
  same<typeof mine.status, undefined>();
  same<Awaited<ReturnType<typeof webstrates.get>>, WebstratesInvite[]>();
  for await (const each of webstrates.list()) {
    same<typeof each, Invite>();
    if (each.mail?.status === 'failed') console.log(each.mail.trouble);
  }
  const either: Invites[] = [http, webstrates, connect()];
  for (const one of either) one.close();
}

/** Bound, as Webstrates' own are: a linter that looks for lost methods has nothing to say. */
export async function destructured(invite: string): Promise<void> {
  const { create, check, list, close, addEventListener } = invites;
  const alone: (this: void, key: string) => Promise<GivenInvite> = check;
  await alone(invite);
  await create({ permissions: 'r' });
  list();
  addEventListener('inviteused', ({ detail }) => console.log(detail.user.username));
  addEventListener('inviteunmailed', ({ detail }) => console.log(detail.id));
  close();
}

export async function thePendingOne(): Promise<void> {
  const { pending } = invites;
  if (!pending) return;
  location.assign(`/sign-in?continue=${encodeURIComponent(pending.continueUrl)}`);
  // The key is never in it.
  same<keyof typeof pending, 'capturedAt' | 'resource' | 'kind' | 'continueUrl'>();
  const outcome = await invites.acceptPending(async (preview) => preview.gained !== '');
  same<typeof outcome, AcceptOutcome | null>();
  const policy: AcceptPolicy = 'signed-in';
  await invites.acceptPending(policy, { signal: AbortSignal.timeout(1000) });
  await invites.acceptPending({ timeout: 1000 });
  setPolicy('confirm');
  setPolicy(() => false);
}

export function connections(bearer: () => Promise<string>): void {
  configure({ server: 'https://invites.example.com' });
  const other: Invites = connect({ server: new URL(location.href), auth: { bearer }, fetch, WebSocket, credentials: 'include' });
  connect({ auth: { accessToken: 'x', username: 'alice', provider: 'test' }, dialect: 'webstrates', resource: 'notes' });
  other.close();
  other[Symbol.dispose]();
  const plain: Invites = fromConsole;
  void fromConsole.help();
  plain.close();
  globalThis.invites.install();
}

export function events(): void {
  invites.addEventListener('inviteaccepted', ({ detail }) => same<typeof detail.gained, string | undefined>());
  invites.addEventListener('inviterejected', ({ detail }) => console.log(detail.code), { once: true });
  document.addEventListener('inviteaccepted', ({ detail }) => console.log(detail.gained));
  const any = (event: Event): void => console.log(event.type);
  invites.addEventListener('something-newer', any);
  invites.removeEventListener('inviteaccepted', any);
}

export async function offline(text: string): Promise<string> {
  await ready();
  const verdict = inspectSync(text);
  same<typeof verdict, Awaited<ReturnType<typeof inspect>>>();
  if (verdict.verdict === 'malformed') return verdict.hint ?? verdict.reason;
  const parts = await parseLink(location.href, { param: 'invite' });
  return parts ? qrCode(await buildLink(parts)) : verdict.kind;
}

export async function pasted(text: string): Promise<number> {
  const found = await find(text, { param: 'invite' });
  same<typeof found, ReturnType<typeof findSync>>();
  for (const each of found) same<typeof each, Found>();
  const [first] = found;
  console.log(text.slice(first?.start, first?.end), first?.link?.page, found.broken[0]?.verdict.hint, found.complete);
  return found.length;
}

export async function signed(key: string, jwks: { keys: JsonWebKey[] }): Promise<Claims | string> {
  const verdict: Verdict = await verifySignedKey(key, jwks, { audience: new URL(location.origin), now: new Date(), leeway: 5 });
  same<typeof verdict, ReturnType<typeof verifySignedKeySync>>();
  switch (verdict.verdict) {
    case 'authentic': return verdict.claims;
    case 'plausible': return verdict.kind;
    case 'malformed': return verdict.reason;
    default: return verdict.since ?? verdict.kid ?? verdict.sentence;
  }
}

export function errors(error: unknown): string {
  if (error instanceof InviteError) same<typeof error.name, 'InviteError'>();
  if (!isInviteError(error)) throw error;
  same<typeof error.retryAfter, number | undefined>();
  switch (error.code) {
    case 'not_signed_in': return 'sign in';
    case 'a_code_of_a_newer_server': return error.message;
    default: return error.retryable ? 'later' : error.code;
  }
}

export function elements(): void {
  const manager = new InviteManager();
  manager.invites = connect({ resource: 'notes' });
  manager.addEventListener('created', ({ detail }) => same<typeof detail.id, string | undefined>());
  manager.addEventListener('click', (event) => console.log(event.type));
  const acceptor = document.createElement('invite-acceptor');
  acceptor.invites = invites;
  acceptor.addEventListener('accepted', ({ detail }) => location.assign(`/${detail.resource}/`));
  document.body.append(manager, acceptor);
}

export async function hooks(): Promise<void> {
  const { invites: open, create, remove } = useInvites(connect({ resource: 'notes', dialect: 'http' }));
  same<typeof open, Invite[]>();
  const [first] = open;
  if (first) await remove(first);
  await invites.link(await create({ permissions: 'rw' }));
  const { pending, error, accept } = usePendingInvite();
  same<NonNullable<typeof error>['name'], 'InviteError'>();
  if (pending) await accept('signed-in');
}
