// A proxy that loses bytes without a word: what sleep, NAT and some boxes in between do to a connection.
import { createServer, connect } from 'node:net';

/** What is still passed on of some bytes while a line swallows them: `towards` the server requests, from it answers. */
const LETS = {
  nothing: () => 0,
  requests: (bytes, towards) => (towards ? bytes.length : 0),
  heads: (bytes, towards) => (towards ? bytes.length : endOfHead(bytes)),
};

function endOfHead(bytes) {
  const blank = bytes.indexOf('\r\n\r\n');
  return blank < 0 ? 0 : blank + 4;
}

/**
 * Passes everything on to the address `target`, on loopback. `swallow()`: nothing comes or goes any more, on no connection, new ones
 * included, and none is closed; `'requests'` still arrive, or the `'heads'` of their answers, too. It resolves when bytes are lost.
 * `recover()`: new connections work again; those that were there never do.
 */
export async function startSwallowing(t, target) {
  const { hostname, port } = new URL(target);
  const sockets = new Set();
  const lines = new Set();
  let swallows = false;
  let lets = LETS.nothing;
  let lose = () => {};
  const server = createServer((socket) => {
    const line = { dead: swallows };
    const onward = connect(Number(port), hostname);
    for (const [from, to] of [[socket, onward], [onward, socket]]) {
      sockets.add(from);
      from.on('data', (bytes) => {
        line.dead ||= swallows;
        const passed = line.dead ? bytes.subarray(0, lets(bytes, from === socket)) : bytes;
        if (passed.length) to.write(passed);
        if (passed.length < bytes.length) lose();
      });
      from.on('end', () => { if (!line.dead && !swallows) to.end(); });
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        if (from === socket || !(line.dead || swallows)) to.destroy();
      });
    }
    lines.add(line);
    socket.on('close', () => lines.delete(line));
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => { server.close(resolve); });
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    get swallows() { return swallows; },
    swallow(passing = 'nothing') {
      swallows = true;
      lets = LETS[passing];
      for (const line of lines) line.dead = true;
      return new Promise((resolve) => { lose = resolve; });
    },
    recover() {
      swallows = false;
      lets = LETS.nothing;
    },
  };
}
