// What our core is measured beside: the same calls of the HTTP dialect, written in JavaScript alone. One dialect, and
// only what a call needs: discovery, deadline, errors with codes.
export class InviteError extends Error {
  constructor(code, message, more) {
    super(message);
    Object.assign(this, { name: 'InviteError', code, retryable: false }, more);
  }
}

export function connect({ server = location.origin, bearer, timeout = 10_000 } = {}) {
  let found;

  async function send(path, { method = 'GET', body } = {}) {
    let answer;
    try {
      answer = await fetch(new URL(path, server), {
        method,
        headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }), ...(bearer && { authorization: `Bearer ${bearer}` }) },
        credentials: bearer ? 'omit' : 'same-origin',
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(timeout),
      });
    } catch (cause) {
      throw new InviteError(cause.name === 'TimeoutError' ? 'timeout' : 'offline', 'The server did not answer.', { retryable: true, cause });
    }
    const said = await answer.json().catch(() => undefined);
    if (!answer.ok) throw new InviteError(said?.code ?? 'server_error', said?.detail ?? answer.statusText, { status: answer.status, retryAfter: said?.retryAfter });
    if (said === undefined) throw new InviteError('bad_response', 'The server answered something that is not JSON.');
    return said;
  }

  const discover = () => (found ??= send('/.well-known/invite-keys').then((about) => {
    if (about['invite-keys'] !== 1) throw new InviteError('not_invites_server', 'This is no server of invites.');
    return about;
  }));

  async function call(path, options) {
    const { api } = await discover();
    return send(api + path, options);
  }

  const keyOf = (invite) => (typeof invite === 'string' ? invite : invite.key);
  return {
    create: ({ permissions = 'r', maxAge = 604_800, ...more } = {}, resource) =>
      call(`/resources/${resource}/invites`, { method: 'POST', body: { permissions, maxAge, ...more } }),
    get: async (resource) => (await call(`/resources/${resource}/invites`)).invites,
    check: (invite, resource) => call('/invites/check', { method: 'POST', body: { key: keyOf(invite), resource } }),
    accept: async (invite, resource) => (await call('/invites/accept', { method: 'POST', body: { key: keyOf(invite), resource } })).permissions,
    remove: (invite, resource) => call('/invites/remove', { method: 'POST', body: { key: keyOf(invite), resource } }),
  };
}
