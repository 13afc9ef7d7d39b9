// What the SDK puts on the wire, seen from inside the page: its own fetch and WebSocket, handed to connect().

/** `fetch` and `WebSocket` for connect(), and the log of what went through them. */
export function observe({ mute = false } = {}) {
  const log = { sockets: [], sent: [], received: [], requests: [], initSeen: 0, sentBeforeInit: 0 };
  class ObservedSocket extends WebSocket {
    #ready = false;
    constructor(...rest) {
      super(...rest);
      log.sockets.push(this);
      this.addEventListener('message', ({ data }) => {
        const frame = JSON.parse(data);
        if (frame.a === 'init') {
          this.#ready = true;
          log.initSeen += 1;
        }
        log.received.push(frame);
      });
    }
    send(data) {
      const frame = JSON.parse(data);
      if (frame.type === 'alive') return super.send(data);
      log.sent.push(frame);
      if (!this.#ready) log.sentBeforeInit += 1;
      // Muted, the server never hears it, so no answer ever comes.
      if (!mute) super.send(data);
    }
  }
  async function observedFetch(input, init) {
    const request = new Request(input, init);
    const address = new URL(request.url);
    const text = await request.clone().text();
    const entry = { method: request.method, path: address.pathname + address.search, text, credentials: request.credentials };
    log.requests.push(entry);
    if (mute) {
      return new Promise((_, reject) => {
        const stop = () => reject(request.signal.reason);
        if (request.signal.aborted) stop();
        request.signal.addEventListener('abort', stop);
      });
    }
    const response = await fetch(request);
    entry.status = response.status;
    entry.answer = await response.clone().text();
    return response;
  }
  return { log, fetch: observedFetch, WebSocket: ObservedSocket };
}
