// A mail server on loopback that takes no mail for anybody: it refuses each recipient once it is let.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** `release()` lets it refuse; until then whoever names a recipient waits. */
export async function startRefusing() {
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  const answers = { RCPT: '550 no such user here', QUIT: '221 bye', EHLO: '250 here' };
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.write('220 here\r\n');
    createInterface({ input: socket }).on('line', async (line) => {
      const verb = line.slice(0, 4).toUpperCase();
      if (verb === 'RCPT') await released;
      socket.write(`${answers[verb] ?? '250 ok'}\r\n`);
      if (verb === 'QUIT') socket.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    args: ['--smtp', `smtp://127.0.0.1:${server.address().port}`, '--mail-from', 'Invites <invites@example.com>'],
    release,
    stop: () => server.close(),
  };
}
