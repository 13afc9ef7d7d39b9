// A proxy that loses bytes without a word: what sleep, NAT and some boxes in between do to a connection.
import { createServer, connect } from 'node:net';

/**
 * Passes everything on to the address `target`, on loopback. `swallow()`: nothing comes or goes any more, on no connection, new ones
 * included, and none is closed. `recover()`: new connections work again; those that lost bytes never do.
 */
export async function startSwallowing(t, target) {
  const { hostname, port } = new URL(target);
  const sockets = new Set();
  const lines = new Set();
  let swallows = false;
  const server = createServer((socket) => {
    const line = { dead: swallows };
    const onward = connect(Number(port), hostname);
    for (const [from, to] of [[socket, onward], [onward, socket]]) {
      sockets.add(from);
      from.on('data', (bytes) => { line.dead ||= swallows; if (!line.dead) to.write(bytes); });
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
    swallow() {
      swallows = true;
      for (const line of lines) line.dead = true;
    },
    recover() { swallows = false; },
  };
}
