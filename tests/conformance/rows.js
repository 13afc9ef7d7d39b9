// Runs one row of the table against the real server.
import { Mismatch, Names, show } from './match.js';
import { observe } from './observe.js';

const CALLS = new Set(['create', 'get', 'check', 'accept', 'remove', 'list', 'preview', 'link', 'members', 'member', 'setMember']);
const THIRTY_DAYS = 2592000;
let rowsStarted = 0;

/** `{ names, error? }`: the names are for telling what went wrong without showing a key. */
export async function runRow(row, { world, sdk, fixtures, run }) {
  rowsStarted += 1;
  const names = new Names(`${run}-${rowsStarted}`);
  try {
    for (const step of row.given ?? []) await setScene(step, names, world);
    const wire = (row.wire ?? []).map((exchange) => fromFixture(exchange, fixtures));
    if (row.call === 'frame') await runFrames(row, wire, names, world);
    else if (row.call === 'fetch') await runFetches(row, wire, names, world);
    else if (CALLS.has(row.call)) await runCall(row, wire, names, world, sdk);
    else throw new Error(`no runner for the call ${row.call}`);
    for (const step of row.then ?? []) await holds(step, names, world);
    return { names };
  } catch (error) {
    return { names, error: names.told(error instanceof Mismatch ? error.message : show(error)) };
  }
}

function fromFixture(exchange, fixtures) {
  if (!exchange.fixture) return exchange;
  const fixture = fixtures.get(exchange.fixture);
  if (!fixture) throw new Error(`no fixture ${exchange.fixture}`);
  return { ...fixture, ...exchange };
}

async function setScene(step, names, world) {
  if ('member' in step) return world.setMember(names.real(step.of), step.member, step.has);
  if ('by' in step) {
    const { invite, by, to, ...options } = step;
    const make = invite.startsWith('<key:') ? world.createWebstrates : world.createOpaque;
    const { key } = await make.call(world, by, names.real(to), names.real(options));
    return names.bind(invite, key);
  }
  if ('accepts' in step) return world.accept(step.accepts, names.real(step.invite));
  if ('removes' in step) return world.remove(step.removes, names.real(step.invite));
  if ('expired' in step) return world.expired('alice', names.real(step.expired));
  throw new Error(`no such step: ${show(step)}`);
}

async function holds(step, names, world) {
  const members = await world.members('alice', names.real(step.of));
  names.match(step.has, members.get(step.member) ?? null, `afterwards, ${step.member}'s permissions`);
}

// ---- through the SDK

/** Where a row connects. An access token counts for one webstrate: who speaks of another one speaks there. */
function place(row, wire, names) {
  const spoken = row.dialect === 'webstrates' ? wire.map(({ send }) => send?.d).find((id) => OTHERS.includes(id)) : undefined;
  const resource = spoken ?? row.resource;
  return resource && names.real(resource);
}

async function runCall(row, wire, names, world, sdk) {
  const observed = observe();
  const resource = place(row, wire, names);
  const invites = sdk.connect({
    server: world.server, dialect: row.dialect, resource, fetch: observed.fetch, WebSocket: observed.WebSocket,
    auth: row.wire?.length === 0 ? undefined : await world.auth(row.as, row.dialect, resource),
  });
  try {
    const outcome = await settle(() => call(invites, row.call, (row.args ?? []).map((value) => names.real(value))));
    const { log } = observed;
    if (row.expect.error) matchError(row.expect.error, outcome, names, log, sdk);
    else if ('error' in outcome) throw new Mismatch(`expected a result, got ${show(outcome.error)}${detailOf(log)}`);
    else names.match(row.expect.result, outcome.result);
    if (row.wire) (row.call === 'accept' && row.dialect === 'webstrates' ? matchAccept : matchWire)(wire, log, names);
    if (row.call === 'create' && 'result' in outcome) lastsAsAsked(outcome.result, row.args?.[0]);
  } finally {
    invites.close();
  }
}

async function call(invites, name, args) {
  if (name !== 'list' && name !== 'members') return invites[name](...args);
  const all = [];
  for await (const one of invites[name](...args)) all.push(one);
  return all;
}

async function settle(start) {
  try {
    return { result: await start() };
  } catch (error) {
    return { error };
  }
}

function matchError(expected, outcome, names, log, sdk) {
  if ('result' in outcome) throw new Mismatch(`expected the error ${expected.code}, got ${names.told(show(outcome.result))}`);
  const { error } = outcome;
  if (!(error instanceof Error) || error.name !== 'InviteError' || !sdk.isInviteError(error)) {
    throw new Mismatch(`expected an InviteError, got ${show(error)}`);
  }
  const { code, message, ...members } = expected;
  if (![code].flat().includes(error.code)) throw new Mismatch(`expected the code ${code}, got ${show(error)}`);
  if (typeof error.message !== 'string' || error.message === '') throw new Mismatch('the error has no message');
  if (typeof error.retryable !== 'boolean') throw new Mismatch(`retryable is ${show(error.retryable)}`);
  const words = message === '<detail>' ? JSON.parse(log.requests.at(-1).answer).detail : message;
  if (words !== undefined) names.match(words === message ? words : names.told(words), error.message, 'message');
  for (const [name, value] of Object.entries(members)) names.match(value, error[name], name);
}

function detailOf(log) {
  const last = log.requests.at(-1);
  return last ? ` after ${last.method} ${last.path} answered ${last.status}` : '';
}

/** Webstrates that rows speak of beside their own. */
const OTHERS = ['few', 'ghost'];
const WELL_KNOWN = '/.well-known/invite-keys';

function matchWire(wire, everything, names) {
  // What the server can do is asked before the first create; a row tells of that only where it matters.
  const isTold = wire.some(({ request }) => request?.path === WELL_KNOWN);
  const log = isTold ? everything : { ...everything, requests: everything.requests.filter(({ path }) => path !== WELL_KNOWN) };
  if (wire.length === 0) {
    const sent = [...log.sent, ...log.requests];
    if (sent.length) throw new Mismatch(`nothing may be sent, yet ${names.told(show(sent))} was`);
    if (log.sockets.length) throw new Mismatch('nothing may be sent, yet a socket was opened');
    return;
  }
  const frames = wire.filter(({ send }) => send);
  names.match(frames.map(({ send }) => numericAge(send)), log.sent.map(numericAge), 'sent');
  const replies = log.received.filter(({ wa }) => wa === 'reply');
  for (const [index, { receive }] of frames.entries()) if (receive) names.match(receive, replies[index], 'reply');
  const calls = wire.filter(({ request }) => request);
  if (calls.length !== log.requests.length) {
    throw new Mismatch(`expected ${calls.length} requests, got ${names.told(show(log.requests.map(({ method, path }) => `${method} ${path}`)))}`);
  }
  for (const [index, { request, response }] of calls.entries()) {
    const { method, path, text, status, answer } = log.requests[index];
    const shown = request.path.includes('?') ? path : path.split('?')[0];
    names.match({ method: request.method, path: request.path }, { method, path: shown }, 'request');
    if (request.body !== undefined) names.match(request.body, JSON.parse(text), 'request body');
    matchAnswer(response, status, answer, names);
  }
}

// What an accept looks at before and after is no part of the table (../webstrates has it). The accept itself is, unless
// what it looked at was refused, or showed that there is nothing to add: then none is sent.
function matchAccept(wire, log, names) {
  if (wire.length === 0) return matchWire(wire, log, names);
  const accepts = log.sent.filter(({ wa }) => wa === 'acceptInvite');
  const others = log.sent.filter(({ wa, a }) => !['acceptInvite', 'getInvites', 'checkInvite'].includes(wa) && !['hs', 's'].includes(a));
  if (others.length) throw new Mismatch(`an accept sent ${names.told(show(others))}`);
  if (!accepts.length) return;
  const [{ send, receive }] = wire;
  names.match(send, accepts[0], 'sent');
  names.match(receive, log.received.find(({ wa, token }) => wa === 'reply' && token === accepts[0].token), 'reply');
}

// "2" and 2 are the same age.
function numericAge(frame) {
  if (frame.options?.maxAge === undefined) return frame;
  return { ...frame, options: { ...frame.options, maxAge: Number(frame.options.maxAge) } };
}

function matchAnswer(response, status, answer, names) {
  if (response.problem) names.match(problem(response), JSON.parse(answer), 'problem');
  names.match(response.status, status, 'status');
  if (response.body !== undefined && typeof response.body !== 'string') names.match(response.body, JSON.parse(answer), 'answer');
  else if (response.body !== undefined) names.match(response.body, answer, 'answer');
}

function problem({ status, problem: { code, ...more } }) {
  return {
    type: `urn:invite-keys:error:${code}`, title: '<text>', status, detail: '<text>', code, requestId: '<text>',
    field: '<absent>', retryAfter: '<absent>', ...more,
  };
}

function lastsAsAsked(invite, { maxAge = 604800 } = {}) {
  const lasts = (Date.parse(invite.expiresAt) - Date.parse(invite.createdAt)) / 1000;
  const asked = Math.min(Number(maxAge), THIRTY_DAYS);
  if (lasts !== asked) throw new Mismatch(`the invite lasts ${lasts} s, asked were ${asked} s`);
}

// ---- past the SDK

async function runFrames(row, wire, names, world) {
  const socket = await world.socket(row.as, place(row, wire, names));
  try {
    for (const { send, receive, close } of wire) {
      if (close) names.match(close, socket.closed, 'close');
      else if (send === undefined) names.match(receive, await socket.next((frame) => frame.a === receive.a), 'frame');
      else await runFrame(socket, send, receive, names);
    }
  } finally {
    socket.close();
  }
}

async function runFrame(socket, send, receive, names) {
  const token = socket.newToken();
  const before = socket.frames.length;
  const frame = typeof send === 'string' ? send : names.real(send);
  if (frame.token) frame.token = token;
  socket.send(frame);
  if (receive === null) {
    // Two questions later an answer would have come.
    for (let count = 0; count < 2; count += 1) await socket.ask({ wa: 'getInvites', d: 'ghost' }).catch(() => null);
    const stray = socket.frames.slice(before).filter((candidate) => candidate.token === token || !candidate.token);
    if (stray.length) throw new Mismatch(`no answer may come, yet ${names.told(show(stray))} did`);
    return;
  }
  const answer = await socket.next((candidate) => candidate.wa === receive.wa && (!receive.token || candidate.token === token));
  names.match(receive, answer, 'frame');
  if (answer.reply?.createdAt && send.wa === 'createInvite') lastsAsAsked(answer.reply, send.options);
}

async function runFetches(row, wire, names, world) {
  for (const { request, response } of wire) {
    const { method, path, body, form, text, headers = {} } = request;
    const sent = form ? new URLSearchParams(names.real(form)) : text ?? (body === undefined ? undefined : JSON.stringify(names.real(body)));
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const options = {
      method, body: sent, credentials: 'omit', cache: 'no-store', headers: { ...await world.headers(row.as), ...json, ...headers },
    };
    const address = world.server + names.real(path);
    const answer = await fetch(address, { ...options, redirect: 'manual' });
    if (answer.type === 'opaqueredirect') {
      // A page may not look inside a redirect, only see where it leads.
      names.match(response.status, 302, 'status');
      const { url } = await fetch(address, options);
      names.match(response.headers.location, url.slice(world.server.length), 'location');
      continue;
    }
    const came = await answer.text();
    for (const [name, value] of Object.entries(response.headers ?? {})) names.match(value, answer.headers.get(name), name);
    matchAnswer(response, answer.status, came, names);
  }
}
