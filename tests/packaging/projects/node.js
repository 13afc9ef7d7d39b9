// node node.js <server> <dialect> <resource>: what an own backend or a test does; no cookies, a bearer each.
import { WebSocket } from 'ws';
import * as sdk from 'invite-keys';
import { story } from './story.js';

const [server, dialect, resource] = process.argv.slice(2);

async function bearerOf(username) {
  const signedIn = await fetch(`${server}/auth/test`, {
    method: 'POST',
    headers: { Accept: 'application/json' },
    body: new URLSearchParams({ username, password: 'demo' }),
  });
  const { bearer } = await signedIn.json();
  if (dialect === 'http') return bearer;
  // A Webstrates server knows access tokens, not bearers.
  const minted = await fetch(`${server}/${resource}/`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${bearer}` },
    body: new URLSearchParams({ token: '300' }),
  });
  return (await minted.json()).token;
}

const handles = [];
async function as(username) {
  const handle = sdk.connect({ server, dialect, auth: { bearer: await bearerOf(username) }, WebSocket });
  handles.push(handle);
  return handle;
}

console.log(JSON.stringify(await story({ as, resource, sdk })));
for (const handle of handles) handle.close();
