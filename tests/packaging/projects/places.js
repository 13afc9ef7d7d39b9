// node places.js: a list of three pages, and where its call options stand.
import { connect } from 'invite-keys';

const invite = (number) => ({ id: `${number}`, resource: 'notes', permissions: 'r', status: 'pending', createdAt: '2026-01-01T00:00:00.000Z', expiresAt: null, createdBy: { username: 'a', provider: 'b' } });
const sizes = new Set();
const fetch = async (url) => {
  const { searchParams } = new URL(url);
  sizes.add(searchParams.get('page_size'));
  const page = Number(searchParams.get('page_token') ?? 0);
  return new Response(JSON.stringify({ invites: [invite(page)], ...(page < 2 && { next_page_token: `${page + 1}` }) }), { headers: { 'content-type': 'application/json' } });
};
const { list } = connect({ server: 'http://127.0.0.1:1', dialect: 'http', resource: 'notes', fetch });
const count = async (...args) => {
  let found = 0;
  for await (const each of list(...args)) found += each.id ? 1 : 0;
  return found;
};
if (process.argv[2] === 'changed') {
  const asked = [];
  const seen = async (url, ...how) => {
    const { searchParams } = new URL(url);
    asked.push([searchParams.get('status'), searchParams.get('page_size')]);
    return fetch(url, ...how);
  };
  const filter = { status: 'pending', pageSize: 1 };
  const call = { timeout: 60_000 };
  const made = connect({ server: 'http://127.0.0.1:1', dialect: 'http', resource: 'notes', fetch: seen }).list(filter, call);
  let number = 0;
  filter.status = 'nonsense';
  for await (const each of made) {
    number += each.id ? 1 : 0;
    call.timeout = 'nonsense';
    filter.pageSize = 2;
  }
  console.log(JSON.stringify([...asked, number]));
  process.exit();
}
const told = (promise) => promise.catch((error) => error.code);
const { signal } = new AbortController();
const report = {
  timeout: await told(count({ timeout: 60_000 })),
  signal: await told(count({ signal })),
  'both, and members left out': await told(count({ timeout: 60_000, signal, pageSize: undefined })),
  'in their own place': await told(count(undefined, { timeout: 60_000 })),
};
sizes.clear();
report['as a filter'] = [await told(count({ pageSize: 1 })), [...sizes].join()];
const controller = new AbortController();
let found = 0;
const walk = async () => {
  for await (const each of list({ signal: controller.signal })) {
    found += each.id ? 1 : 0;
    controller.abort();
  }
};
report['aborted between pages'] = [await walk().then(() => 'ended', (error) => error.code), found];
console.log(JSON.stringify(report));
process.exit();
