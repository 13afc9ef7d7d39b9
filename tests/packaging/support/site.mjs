// A site of one's own: a folder's files, and the real invite-server behind the same origin.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { startServer } from '../../support/server.mjs';

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/**
 * Starts both. Paths below `/files/` are files of `folder` (or go to the address `upstream`, say a Vite server); all others
 * are invite-server's. Ends with the test `t`.
 *
 * @param {{ folder?: string, upstream?: string, headers?: Record<string, string>, refuse?: (path: string) => boolean,
 *   report?: (name: string, request: object, response: object) => void }} options
 *   `refuse`: which paths are answered with 503. `report` answers those below `/reports/`.
 */
export async function startSite(t, { folder, upstream, headers = {}, refuse = () => false, report }) {
  const asked = [];
  let server;
  const site = createServer(async (incoming, outgoing) => {
    const { pathname } = new URL(incoming.url, 'http://site');
    asked.push(pathname);
    if (refuse(pathname)) return outgoing.writeHead(503).end();
    if (report && pathname.startsWith('/reports/')) return report(pathname.slice('/reports/'.length), incoming, outgoing);
    if (!pathname.startsWith('/files/')) return pass(incoming, outgoing, server.url);
    if (upstream) return pass(incoming, outgoing, upstream);
    const file = join(folder, normalize(pathname.slice('/files'.length)));
    if (!(await stat(file).catch(() => undefined))?.isFile()) return outgoing.writeHead(404).end();
    outgoing.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', ...headers });
    createReadStream(file).pipe(outgoing);
  });
  const tunnels = new Set();
  site.on('upgrade', (incoming, socket, head) => {
    tunnels.add(socket);
    tunnel(incoming, socket, head, server.url);
  });
  await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${site.address().port}`;
  server = await startServer({ args: ['--public-url', url] });
  t.after(async () => {
    for (const socket of tunnels) socket.destroy();
    site.closeAllConnections();
    await new Promise((resolve) => site.close(resolve));
    await server.stop();
  });
  return { url, files: `${url}/files`, server, asked };
}

function pass(incoming, outgoing, target) {
  const { hostname, port } = new URL(target);
  const onward = request({ hostname, port, path: incoming.url, method: incoming.method, headers: incoming.headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}

function tunnel(incoming, socket, head, target) {
  const { hostname, port } = new URL(target);
  const onward = connect(Number(port), hostname, () => {
    const lines = [`${incoming.method} ${incoming.url} HTTP/1.1`];
    for (let i = 0; i < incoming.rawHeaders.length; i += 2) lines.push(`${incoming.rawHeaders[i]}: ${incoming.rawHeaders[i + 1]}`);
    onward.write(`${lines.join('\r\n')}\r\n\r\n`);
    onward.write(head);
    onward.pipe(socket).pipe(onward);
  });
  onward.on('error', () => socket.destroy());
  socket.on('error', () => onward.destroy());
  socket.on('close', () => onward.destroy());
}
