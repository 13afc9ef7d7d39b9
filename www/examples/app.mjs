// In an app, with a bundler or in Node: `npm install invite-keys`, then
//   INVITES_SERVER=http://127.0.0.1:7007 INVITES_TOKEN=… node app.mjs notes
// In a browser page that the invites server itself serves, `import { invites } from 'invite-keys'` needs no options.
import { connect, isInviteError } from 'invite-keys';

const { INVITES_SERVER: server = 'http://127.0.0.1:7007', INVITES_TOKEN: bearer } = process.env;
const resource = process.argv[2] ?? 'notes';
const invites = connect({ server, resource, auth: { bearer } });

try {
  const invite = await invites.create({ permissions: 'rw', maxAge: 86_400, maxUses: 5 });
  console.log('Send this link:', await invites.link(invite, { page: `${server}/${resource}/` }));

  for await (const { id, permissions, uses, expiresAt } of invites.list()) {
    console.log(id, permissions, `${uses} used`, expiresAt);
  }

  await invites.remove(invite);   // the link stops working; people who already joined keep access
  console.log('Revoked again.');
} catch (error) {
  console.error(isInviteError(error) ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
} finally {
  invites.close();
}
