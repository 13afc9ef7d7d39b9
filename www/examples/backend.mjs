// A backend that takes part: it makes resources and invites for its users, and is told who joined.
// Node 20 or newer; `npm install standardwebhooks`, and beside a running `invite-server --demo`:
//   invite-server --database … apps add crm                                  → INVITES_APP_KEY
//   invite-server --database … apps webhook crm http://127.0.0.1:3000/webhook → INVITES_WEBHOOK_SECRET
//   INVITES_SERVER=http://127.0.0.1:7007 INVITES_APP_KEY=ika_… INVITES_WEBHOOK_SECRET=whsec_… node backend.mjs
import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const { INVITES_SERVER: server = 'http://127.0.0.1:7007', INVITES_APP_KEY: appKey, INVITES_WEBHOOK_SECRET: secret, PORT = '3000' } = process.env;
const webhook = new Webhook(secret);
const seen = new Set();   // in a real app: a table, written together with what the message changes
const deals = new Map();

/** Calls the invites server as this app, for one of its users where somebody has to be named. */
async function call(method, path, { user, body = {} }) {
  const headers = { Authorization: `Bearer ${appKey}`, 'Content-Type': 'application/json' };
  if (user) headers['On-Behalf-Of'] = user;   // username:provider, as the server's sign-in names people
  const response = await fetch(server + path, { method, headers, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.detail), { status: response.status, code: answer.code });
  return answer;
}

const routes = {
  /** A user of ours begins a deal: a resource of their own, and an invite for up to five others. */
  async 'POST /deals'(text) {
    const { deal, title, user } = JSON.parse(text);
    await call('PUT', `/api/v1/resources/${deal}`, { user, body: { title } });
    const invite = await call('POST', `/api/v1/resources/${deal}/invites`, { user, body: { permissions: 'rw', maxUses: 5, extras: { deal } } });
    deals.set(deal, { invite: invite.id, joined: [] });
    return { link: `${server}/${deal}/#acceptInvite=${invite.key}` };
  },

  /** Our page hands over the receipt that accepting gave it: who has joined, known at once and for certain. */
  async 'POST /joined'(text) {
    const { receipt } = JSON.parse(text);
    const { user, resource, permissions, extras } = await call('POST', '/api/v1/receipts/redeem', { body: { receipt } });
    return { user, resource, permissions, extras };
  },

  /** The server tells what happened, also when nobody's page was there to hand anything over. */
  async 'POST /webhook'(text, headers) {
    const { type, data } = webhook.verify(text, headers);   // throws unless the server signed it in the last minutes
    if (seen.has(headers['webhook-id'])) return {};          // it may come more than once
    seen.add(headers['webhook-id']);
    if (type === 'invite.used') deals.get(data.extras?.deal)?.joined.push(data.user);
    return {};
  },

  async 'GET /deals'() {
    return Object.fromEntries(deals);
  },
};

createServer(async (request, response) => {
  const route = routes[`${request.method} ${request.url}`];
  try {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = route ? await route(Buffer.concat(chunks).toString(), request.headers) : { error: 'not found' };
    response.writeHead(route ? 200 : 404, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer));
  } catch (error) {
    console.error(error.message);
    response.writeHead(error.status ?? 400, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error: error.code ?? 'refused' }));
  }
}).listen(PORT, '127.0.0.1', function () {
  console.log(`backend listening on http://127.0.0.1:${this.address().port}`);
});
