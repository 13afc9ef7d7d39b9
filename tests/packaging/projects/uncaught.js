// node uncaught.js <which>: what is printed of an error that nobody catches.
import { connect, invites, parseLink, parseLinkSync, ready, within } from 'invite-keys';

const here = connect({ server: 'http://127.0.0.1:1', dialect: 'http', resource: 'notes' });
const which = {
  async call() { await here.check('nothing'); },
  async list() { for await (const invite of here.list({ pageSize: 0 })) console.log(invite); },
  async pending() { await here.get({ signal: AbortSignal.abort(new Error('of the page')) }); },
  async closed() { here.close(); await here.get(); },
  async offline() { await parseLink('https://example.com/#acceptInvite=abc'); },
  async ready() { within.parts.qr.wasm = () => Promise.reject('of the page'); await ready(); },
  async install() { invites.install(); },
  async sync() { await ready(); parseLinkSync('https://example.com/#acceptInvite=abc'); },
};

async function theCaller() {
  await which[process.argv[2]]();
}
theCaller();
