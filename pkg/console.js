// For the developer tools: const { invites } = await import('https://<server>/sdk/console.js')
import { configure, invites } from './index.js';

const [, server] = /^(https?:.*)\/sdk\/console\.js$/.exec(import.meta.url.split(/[?#]/)[0]) ?? [];
// A page that has a server of its own keeps it.
const configured = globalThis.webstrate || globalThis.document?.querySelector('meta[name="invite-keys"]');
if (server && !configured) configure({ server });

globalThis.invites = invites;

console.info(`invite-keys: \`invites\` is ready here${server && !configured ? `, for ${server}` : ''}. For example:

  await invites.create({ permissions: 'rw', maxAge: 3600 }, 'notes')   // an invite to "notes" for an hour
  await invites.get('notes')                                           // those you made
  await invites.link('<key>')                                          // its link
  await invites.check('<key>')                                         // who invites to what
  await invites.accept('<key>')                                        // accept: what you may do now
  await invites.remove('<key>')                                        // it stops working

Every rejection has a \`code\` and a \`message\` that says what to do.`);

export * from './index.js';
