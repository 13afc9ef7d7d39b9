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

/** A call whose answers come without a turn of the event loop, beside a timer; a `page` may be long in the making. */
async function beside(call, slowly) {
  let page = 0;
  const fetch = async () => {
    const end = performance.now() + slowly;
    while (performance.now() < end);
    return new Response(JSON.stringify(lies['is full for ever'](page += 1)), { headers: { 'content-type': 'application/json' } });
  };
  let turns = 0;
  const timer = setInterval(() => { turns += 1; }, 1);
  const how = await call(connect({ server: 'http://127.0.0.1:1', dialect: 'http', resource: 'notes', fetch })).then(() => 'ended', (error) => error.code);
  clearInterval(timer);
  return [how, page, turns > 3];
}
report['get() of one that is full for ever'] = await beside(({ get }) => get({ timeout: 600_000 }), 0);
const [how, pages, turned] = await beside(({ get }) => get({ timeout: 500 }), 5);
report['get() with a deadline'] = [how, pages < 10_000, turned];
report['list() beside a timer'] = await beside(async ({ list }) => { for await (const each of list()) if (each.id === '2000') break; }, 0);
console.log(JSON.stringify(report));
