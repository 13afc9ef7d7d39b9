// Every call settles: given up by the caller, by the clock, by close(). Nothing hangs, nothing settles twice.
import { opaque } from '../match.js';
import { check, codeOf, connected, freshResource, same, tally, times } from './support.js';

const UNKNOWN = { webstrates: `${'0'.repeat(63)}2`, http: opaque('y'.repeat(30)) };

export const settle = { name: 'settle', tests: {} };

for (const dialect of ['webstrates', 'http']) {
  Object.assign(settle.tests, {
    [`${dialect}: a signal that is aborted already sends nothing`]: (context) => abortedBefore(context, dialect),
    [`${dialect}: a signal ends each call`]: (context) => abortedDuring(context, dialect),
    [`${dialect}: a signal with a reason that is no Error`]: (context) => oddReason(context, dialect),
    [`${dialect}: a signal that comes too late changes nothing`]: (context) => abortedAfter(context, dialect),
    [`${dialect}: the deadline ends each call`]: (context) => deadline(context, dialect),
    [`${dialect}: the connection's own timeout ends each call`]: (context) => connectionDeadline(context, dialect),
    [`${dialect}: close() ends 50 calls under way`]: (context) => closed(context, dialect),
    [`${dialect}: a call after close() settles`]: (context) => afterClose(context, dialect),
    [`${dialect}: bad call options are refused`]: (context) => badCallOptions(context, dialect),
  });
}
settle.tests['webstrates: a socket that never opens ends by the deadline'] = neverOpens;
settle.tests['http: a fetch that throws what a lost connection throws is offline; its own error is told'] = fetchThrows;

/** One call of each sort, with these call options. */
function eachSort(invites, resource, options, dialect) {
  const key = UNKNOWN[dialect];
  return {
    create: invites.create({ permissions: 'r' }, resource, options), get: invites.get(resource, options),
    check: invites.check(key, resource, options), accept: invites.accept(key, resource, options), remove: invites.remove(key, resource, options),
  };
}

async function codesOf(calls, sdk) {
  const entries = await Promise.all(Object.entries(calls).map(async ([name, promise]) => [name, await codeOf(promise, sdk)]));
  return Object.fromEntries(entries);
}

async function abortedBefore(context, dialect) {
  const resource = await freshResource(context);
  const { invites, log } = await connected(context, 'alice', dialect, resource);
  const codes = await codesOf(eachSort(invites, resource, { signal: AbortSignal.abort() }, dialect), context.sdk);
  same(tally(Object.values(codes)), { aborted: 5 }, 'codes');
  same([log.sent.length, log.requests.length], [0, 0], 'sent');
  invites.close();
}

async function abortedDuring(context, dialect) {
  const resource = await freshResource(context);
  const { invites, log } = await connected(context, 'alice', dialect, resource, { mute: true });
  const controller = new AbortController();
  const calls = eachSort(invites, resource, { signal: controller.signal }, dialect);
  await sentOf(log, 5);
  controller.abort();
  const codes = await codesOf(calls, context.sdk);
  // A create that went out may have been carried out: either word is true of it.
  check(['aborted', 'unknown_outcome'].includes(codes.create), `create: ${codes.create}`);
  delete codes.create;
  same(tally(Object.values(codes)), { aborted: 4 }, 'codes');
  invites.close();
}

async function oddReason(context, dialect) {
  const resource = await freshResource(context);
  const { invites, log } = await connected(context, 'alice', dialect, resource, { mute: true });
  for (const reason of ['because', null, 7, { because: true }]) {
    const controller = new AbortController();
    const before = log.sent.length + log.requests.length;
    const call = invites.get(resource, { signal: controller.signal });
    await sentOf(log, before + 1);
    controller.abort(reason);
    const error = await call.catch((error) => error);
    same([error.name, error.code], ['InviteError', 'aborted'], 'outcome');
    check(Object.is(error.cause, controller.signal.reason), `cause is not the caller's reason ${JSON.stringify(reason)}`);
  }
  invites.close();
}

async function abortedAfter(context, dialect) {
  const resource = await freshResource(context);
  const { invites } = await connected(context, 'alice', dialect, resource);
  const controller = new AbortController();
  same(await invites.get(resource, { signal: controller.signal }), [], 'first');
  controller.abort();
  same(await invites.get(), [], 'second');
  invites.close();
}

async function deadline(context, dialect) {
  const resource = await freshResource(context);
  const { invites } = await connected(context, 'alice', dialect, resource, { mute: true });
  const begun = performance.now();
  const codes = await codesOf(eachSort(invites, resource, { timeout: 400 }, dialect), context.sdk);
  const took = performance.now() - begun;
  for (const [name, code] of Object.entries(codes)) {
    check(code === 'timeout' || (['create', 'remove'].includes(name) && code === 'unknown_outcome'), `${name}: ${code}`);
  }
  check(took >= 350 && took < 3000, `took ${Math.round(took)} ms`);
  invites.close();
  return `${Math.round(took)} ms, create: ${codes.create}`;
}

async function connectionDeadline(context, dialect) {
  const resource = await freshResource(context);
  const { invites } = await connected(context, 'alice', dialect, resource, { mute: true, timeout: 300 });
  const begun = performance.now();
  same(await codeOf(invites.get(), context.sdk), 'timeout', 'code');
  check(performance.now() - begun < 3000, 'late');
  invites.close();
}

async function closed(context, dialect) {
  const resource = await freshResource(context);
  const { invites, log } = await connected(context, 'alice', dialect, resource, { mute: true });
  const rounds = times(10, () => eachSort(invites, resource, undefined, dialect));
  await sentOf(log, 5);
  invites.close();
  const codes = await Promise.all(rounds.map((calls) => codesOf(calls, context.sdk)));
  const outcomes = tally(codes.flatMap((round) => Object.values(round)));
  check(Object.keys(outcomes).every((code) => ['closed', 'unknown_outcome'].includes(code)), JSON.stringify(outcomes));
  same(Object.values(outcomes).reduce((sum, count) => sum + count, 0), 50, 'settled');
  for (const socket of log.sockets) check(socket.readyState >= WebSocket.CLOSING, 'the socket is still open');
  return JSON.stringify(outcomes);
}

async function afterClose(context, dialect) {
  const resource = await freshResource(context);
  const { invites } = await connected(context, 'alice', dialect, resource);
  same(await invites.get(), [], 'before');
  invites.close();
  invites.close();
  const code = await codeOf(invites.get(), context.sdk);
  check(code === 'closed' || code === null, `after: ${code}`);
  invites.close();
  return `after close(): ${code ?? 'answered'}`;
}

async function badCallOptions(context, dialect) {
  const resource = await freshResource(context);
  const { invites, log } = await connected(context, 'alice', dialect, resource);
  for (const options of [{ timeout: 0 }, { timeout: -1 }, { timeout: NaN }, { timeout: 'soon' }, { signal: {} }, { signal: 'no' }]) {
    same(await codeOf(invites.get(resource, options), context.sdk), 'invalid_option', JSON.stringify(options));
  }
  same([log.sockets.length, log.requests.length], [0, 0], 'sent');
  invites.close();
}

async function neverOpens(context) {
  const resource = await freshResource(context);
  // Port 9 of this machine is refused at once; a socket that hangs in CONNECTING is one that never tells.
  class Silent extends WebSocket {
    addEventListener() {}
    set onopen(_) {}
    set onmessage(_) {}
    set onclose(_) {}
    set onerror(_) {}
  }
  const invites = context.sdk.connect({ server: context.world.server, dialect: 'webstrates', resource, WebSocket: Silent });
  const begun = performance.now();
  const code = await codeOf(invites.get(resource, { timeout: 300 }), context.sdk);
  check(['timeout', 'offline'].includes(code), `code ${code}`);
  check(performance.now() - begun < 3000, 'late');
  invites.close();
}

async function fetchThrows(context) {
  const resource = await freshResource(context);
  const own = new Error('refused by our policy');
  for (const [thrown, accept, creates] of [
    [new TypeError('Failed to fetch'), 'offline', ['unknown_outcome', 'offline']], [own, 'invalid_option', ['invalid_option']],
    ['a string', 'invalid_option', ['invalid_option']], [undefined, 'invalid_option', ['invalid_option']],
  ]) {
    const invites = context.sdk.connect({
      server: context.world.server, dialect: 'http', resource, fetch: () => Promise.reject(thrown), auth: { bearer: 'x' },
    });
    const error = await invites.accept(UNKNOWN.http, resource, { timeout: 1500 }).catch((caught) => caught);
    same([error.code, error.cause], [accept, thrown], `accept when fetch throws ${thrown}`);
    const code = await codeOf(invites.create({}, resource, { timeout: 1500 }), context.sdk);
    check(creates.includes(code), `create: ${code}`);
    invites.close();
  }
}

/** Resolves once that much went out. */
async function sentOf(log, count) {
  while (log.sent.length + log.requests.length < count) await new Promise((resolve) => { requestAnimationFrame(resolve); });
}
