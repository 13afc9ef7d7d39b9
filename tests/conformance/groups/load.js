// Many calls at once: each gets its own answer, and none is lost before the socket is ready.
import { check, connected, freshResource, same, times } from './support.js';

const MANY = 100;

export const load = {
  name: 'load',
  tests: {
    '100 outstanding calls on one socket each get their own answer': (context) => manyCalls(context, 'webstrates'),
    '100 outstanding calls over HTTP each get their own answer': (context) => manyCalls(context, 'http'),
    '100 outstanding calls of five sorts on one socket': mixedCalls,
    '30 of 30 calls made before the socket is open are answered': beforeOpen,
    'a socket that closed is opened again by the next call': reopened,
  },
};

async function manyCalls(context, dialect) {
  const resource = await freshResource(context);
  const { invites, log } = await connected(context, 'alice', dialect, resource);
  try {
    // maxAge tells the invites apart, so an answer that went to the wrong call shows.
    const created = await Promise.all(times(MANY, (index) => invites.create({ permissions: 'rw', maxAge: 1000 + index })));
    created.forEach(({ key }) => context.keep(key));
    created.forEach(({ createdAt, expiresAt }, index) => same(Date.parse(expiresAt) - Date.parse(createdAt), 1000 * (1000 + index), `create ${index}`));
    same(new Set(created.map(({ key }) => key)).size, MANY, 'different keys');
    const checked = await Promise.all(created.map(({ key }) => invites.check(key)));
    checked.forEach(({ expiresAt }, index) => same(expiresAt, created[index].expiresAt, `check ${index}`));
    const listed = await invites.get();
    same(listed.map(({ key }) => key).sort(), created.map(({ key }) => key).sort(), 'listed keys');
    if (dialect === 'webstrates') same(log.sockets.length, 1, 'sockets opened');
    return `${log.sent.length || log.requests.length} sent`;
  } finally {
    invites.close();
  }
}

async function mixedCalls(context) {
  const resource = await freshResource(context, { bob: 'r' });
  const { invites, log } = await connected(context, 'alice', 'webstrates', resource);
  try {
    const [one, two] = await Promise.all([invites.create({ permissions: 'w' }), invites.create({ permissions: 'r' })]);
    [one, two].forEach(({ key }) => context.keep(key));
    const sent = log.sent.length;
    const answers = await Promise.all(times(20, () => [
      invites.check(one.key), invites.check(two.key), invites.get(), invites.accept(one.key), invites.check(`${'0'.repeat(63)}1`).catch(({ code }) => code),
    ]).flat());
    answers.forEach((answer, index) => {
      const sort = index % 5;
      if (sort < 2) same(answer.permissions, sort ? 'r' : 'w', `check ${index}`);
      else if (sort === 2) same(answer.length, 2, `get ${index}`);
      else same(answer, sort === 3 ? 'arw' : 'invalid_key', `call ${index}`);
    });
    same(log.sockets.length, 1, 'sockets opened');
    return `${log.sent.length - sent} sent for 100 calls`;
  } finally {
    invites.close();
  }
}

async function beforeOpen(context) {
  const resource = await freshResource(context);
  const key = (await context.world.createWebstrates('alice', resource, {})).key;
  context.keep(key);
  const { invites, log } = await connected(context, 'alice', 'webstrates', resource);
  try {
    const calls = times(30, () => invites.check(key));
    same(log.received.length, 0, 'frames received when the calls were made');
    const answers = await Promise.all(calls);
    answers.forEach((answer) => same(answer.key === key, true, 'own key'));
    same(log.sentBeforeInit, 0, 'frames sent before init');
    same([log.sent.length, log.sockets.length], [30, 1], 'frames and sockets');
  } finally {
    invites.close();
  }
}

async function reopened(context) {
  const resource = await freshResource(context);
  const { invites, log } = await connected(context, 'alice', 'webstrates', resource);
  try {
    same(await invites.get(), [], 'first');
    const [socket] = log.sockets;
    const closed = new Promise((resolve) => { socket.addEventListener('close', resolve); });
    socket.close();
    await closed;
    same(await invites.get(), [], 'second');
    check(log.sockets.length === 2, `${log.sockets.length} sockets`);
  } finally {
    invites.close();
  }
}
