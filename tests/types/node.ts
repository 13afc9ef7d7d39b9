// Node without the types of a browser, and with `ws`, as Node 20 needs it.
import { WebSocket } from 'ws';
import { connect, configure, invites, isInviteError, type GivenInvite } from 'invite-keys';

export async function main(server: string, bearer: string): Promise<GivenInvite[]> {
  const webstrates = connect({ server, dialect: 'webstrates', auth: { bearer: () => bearer }, WebSocket });
  configure({ server: new URL(server), auth: { bearer }, fetch });
  try {
    webstrates.addEventListener('inviteaccepted', ({ detail }) => console.log(detail.permissions));
    return await invites.get('notes', { signal: AbortSignal.timeout(1000) });
  } catch (error) {
    if (isInviteError(error)) console.error(error.code, error.status);
    throw error;
  } finally {
    webstrates.close();
  }
}
