// node lying.js: lists of a server that lies. Its answers come without a single turn of the event loop.
import { connect } from 'invite-keys';

const invite = (number) => ({ id: `${number}`, resource: 'notes', permissions: 'r', status: 'pending', createdAt: '2026-01-01T00:00:00.000Z', expiresAt: null, createdBy: { username: 'a', provider: 'b' } });
const lies = {
  repeats: (page) => ({ invites: [invite(page)], next_page_token: 'again' }),
  'goes in a circle': (page) => ({ invites: [invite(page)], next_page_token: `${page % 3}` }),
  'is empty for ever': (page) => ({ invites: [], next_page_token: `${page}` }),
  'is full for ever': (page) => ({ invites: [invite(page)], next_page_token: `${page}` }),
  'is no list': () => ({ invites: 'abc' }),
  'has gaps': (page) => ({ invites: page % 50 ? [] : [invite(page)], next_page_token: page < 200 ? `${page}` : undefined }),
};
const report = {};
for (const [name, lie] of Object.entries(lies)) {
  let page = 0;
  const fetch = async () => new Response(JSON.stringify(lie(page += 1)), { headers: { 'content-type': 'application/json' } });
  const { list } = connect({ server: 'http://127.0.0.1:1', dialect: 'http', resource: 'notes', fetch });
  let found = 0;
  const walk = async () => { for await (const each of list()) found += each.id ? 1 : 0; };
  const how = await walk().then(() => 'ended', (error) => error.code);
  report[name] = [how, found];
}
console.log(JSON.stringify(report));
