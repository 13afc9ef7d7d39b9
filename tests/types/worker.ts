// A dedicated worker or a service worker: no `document`, no `window`.
import { connect as connectInServiceWorker, ready } from 'invite-keys/service-worker';
import { connect, type Invites } from 'invite-keys';

export async function start(server: string): Promise<Invites> {
  await ready();
  return connect({ server, fetch: self.fetch, WebSocket: self.WebSocket });
}

export const inServiceWorker: typeof connect = connectInServiceWorker;
