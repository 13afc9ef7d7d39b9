// The real server as the table's scenes need it: people, their tokens, members, invites. Past the SDK on purpose.

/** A server, and who has signed in there. */
export class World {
  #people = new Map();
  #tokens = new Map();

  constructor(server) {
    this.server = server.replace(/\/$/, '');
    this.socketAddress = this.server.replace(/^http/, 'ws');
  }

  /** The bearer of a person of the test sign-in. */
  bearer(person) {
    if (person === 'impostor') return Promise.resolve('nonsense');
    if (!this.#people.has(person)) this.#people.set(person, this.#signIn(person));
    return this.#people.get(person);
  }

  async #signIn(username) {
    const response = await fetch(`${this.server}/auth/test`, {
      method: 'POST', credentials: 'omit', headers: { Accept: 'application/json' },
      body: new URLSearchParams({ username, password: 'any' }),
    });
    if (!response.ok) throw new Error(`sign-in as ${username} answered ${response.status}`);
    return (await response.json()).bearer;
  }

  /** A Webstrates access token of a person; it is bound to the webstrate of the socket's address. */
  accessToken(person, resource) {
    if (person === 'impostor') return Promise.resolve('nonsense');
    const name = `${person} ${resource}`;
    if (!this.#tokens.has(name)) this.#tokens.set(name, this.#mint(person, resource));
    return this.#tokens.get(name);
  }

  async #mint(person, resource) {
    const response = await fetch(`${this.server}/${resource}/`, {
      method: 'POST', credentials: 'omit', headers: await this.headers(person), body: new URLSearchParams({ token: '3600' }),
    });
    if (!response.ok) throw new Error(`an access token for ${person} answered ${response.status}`);
    return (await response.json()).token;
  }

  async headers(person) {
    return person === 'anonymous' ? {} : { Authorization: `Bearer ${await this.bearer(person)}` };
  }

  /** `auth` for connect(). */
  async auth(person, dialect, resource) {
    if (person === 'anonymous') return undefined;
    return { bearer: dialect === 'webstrates' ? await this.accessToken(person, resource) : await this.bearer(person) };
  }

  /** One JSON call past the SDK. */
  async call(person, method, path, body) {
    const response = await fetch(this.server + path, {
      method, credentials: 'omit', cache: 'no-store',
      headers: { ...await this.headers(person), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} for ${person} answered ${response.status}: ${text}`);
    return text && JSON.parse(text);
  }

  setMember(resource, username, permissions) {
    return this.call('anonymous', 'POST', `/demo/members/${resource}`, { username, permissions });
  }

  async members(person, resource) {
    const found = new Map();
    for (let token = ''; ;) {
      const page = await this.call(person, 'GET', `/api/v1/resources/${resource}/members?page_size=100&page_token=${token}`);
      for (const { user, permissions } of page.members) found.set(user.username, permissions);
      token = page.next_page_token;
      if (!token) return found;
    }
  }

  /** An invite of kind opaque, made over our HTTP API. */
  createOpaque(person, resource, options) {
    return this.call(person, 'POST', `/api/v1/resources/${resource}/invites`, options);
  }

  /** An invite of kind webstrates, made over the socket. */
  async createWebstrates(person, resource, { permissions = 'r', maxAge = 604800 }) {
    const socket = await this.socket(person, resource);
    try {
      return await socket.ask({ wa: 'createInvite', d: resource, options: { permissions, maxAge } });
    } finally {
      socket.close();
    }
  }

  accept(person, key) { return this.call(person, 'POST', '/api/v1/invites/accept', { key }); }

  remove(person, key) { return this.call(person, 'POST', '/api/v1/invites/remove', { key }); }

  /** Resolves once the server says that the invite has expired: the one thing here that only time brings. */
  async expired(person, key) {
    for (;;) {
      const response = await fetch(`${this.server}/api/v1/invites/check`, {
        method: 'POST', credentials: 'omit', headers: { ...await this.headers(person), 'Content-Type': 'application/json' },
        body: JSON.stringify({ key }),
      });
      if (response.status === 410) return;
      await new Promise((resolve) => { setTimeout(resolve, 50); });
    }
  }

  /** A raw socket after its `init`, or its end. */
  async socket(person, resource) {
    const token = person === 'anonymous' ? null : await this.accessToken(person, resource);
    const query = token ? `?token=${encodeURIComponent(token)}` : '';
    return RawSocket.open(`${this.socketAddress}/${resource}/${query}`);
  }
}

let lastToken = 0;

/** A WebSocket whose frames can be awaited. */
export class RawSocket {
  #waiting = new Set();
  frames = [];
  closed = null;

  static async open(address) {
    const raw = new RawSocket(new WebSocket(address));
    await raw.next((frame) => frame.a === 'init').catch(() => null);
    return raw;
  }

  constructor(socket) {
    this.socket = socket;
    socket.addEventListener('message', ({ data }) => {
      this.frames.push(JSON.parse(data));
      this.#look();
    });
    socket.addEventListener('close', ({ code, reason }) => {
      this.closed = { code, reason };
      this.#look();
    });
  }

  #look() {
    for (const entry of this.#waiting) {
      const frame = this.frames.find(entry.wanted);
      if (!frame && !this.closed) continue;
      this.#waiting.delete(entry);
      if (frame) entry.resolve(frame);
      else entry.reject(new Error(`the socket closed: ${this.closed.code} ${this.closed.reason}`));
    }
  }

  /** The first frame, past or to come, that is wanted. */
  next(wanted) {
    return new Promise((resolve, reject) => {
      this.#waiting.add({ wanted, resolve, reject });
      this.#look();
    });
  }

  send(frame) { this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)); }

  newToken() {
    lastToken += 1;
    return `raw${lastToken}`;
  }

  /** Sends an operation; resolves with its `reply`, rejects with its `error`. */
  async ask(frame) {
    const token = this.newToken();
    this.send({ ...frame, token });
    const answer = await this.next((candidate) => candidate.token === token);
    if ('error' in answer) throw new Error(answer.error);
    return answer.reply;
  }

  close() { this.socket.close(); }
}
