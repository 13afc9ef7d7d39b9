// What must not compile.
import { connect, invites, verifySignedKey, type AcceptPolicy } from 'invite-keys';

export async function mistakes(key: string): Promise<void> {
  // @ts-expect-error seconds, as a number
  await invites.create({ maxAge: '1 hour' });
  // @ts-expect-error no such option
  await invites.create({ maxage: 3600 });
  // @ts-expect-error a key is a string or an invite
  await invites.check(42);
  // @ts-expect-error an id alone tells what to remove, and nothing else
  await invites.check({ id: 'one' });
  // @ts-expect-error call options are no options of an invite
  await invites.create({ permissions: 'r', timeout: 500 });
  // @ts-expect-error nor of a list
  invites.list({ status: 'pending', timeout: 500 });
  // @ts-expect-error check needs a key
  await invites.check();
  // @ts-expect-error `timeout` is a number of milliseconds
  await invites.get('notes', { timeout: '1s' });
  // @ts-expect-error no such dialect
  connect({ dialect: 'smoke signals' });
  // @ts-expect-error not in this version
  connect({ dialect: 'userkit' });
  // @ts-expect-error a secret that no browser may hold, and that is refused
  connect({ auth: { appSecret: 'secret' } });
  // @ts-expect-error it must have what is called: onmessage, onerror, onclose
  connect({ WebSocket: class { constructor(_: string) {} send(_: string): void {} close(): void {} } });
  // @ts-expect-error a Webstrates server knows no such thing
  const uses: number = (await connect({ dialect: 'webstrates' }).check(key)).uses;
  // @ts-expect-error which of the two forms it is, nobody has said
  const resource: string = (await invites.check(key)).resource;
  console.log(uses, resource);
  // @ts-expect-error no such policy
  const policy: AcceptPolicy = 'always';
  // @ts-expect-error only a boolean decides
  await invites.acceptPending(() => 'false');
  // @ts-expect-error the pending invite never shows its key
  console.log(invites.pending?.key, policy);
  // @ts-expect-error read-only
  invites.pending = null;
  // @ts-expect-error whom is it for?
  await verifySignedKey(key, { keys: [] }, {});
  // @ts-expect-error `accept` resolves with letters
  const accepted: number = await invites.accept(key);
  console.log(accepted);
}
