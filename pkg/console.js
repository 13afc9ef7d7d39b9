// For the developer tools: const { invites } = await import('https://<server>/sdk/console.js')
import { configure, invites, within } from './index.js';

// The server's own pages map it to an address with a version.
const [, server] = /^(https?:.*)\/sdk\/(?:@[^/]+\/)?console\.js$/.exec(import.meta.url.split(/[?#]/)[0]) ?? [];
// A page that has a server of its own keeps it.
const configured = within.homes.get(invites).server.options || globalThis.webstrate || globalThis.document?.querySelector('meta[name="invite-keys"]');
if (server && !configured) configure({ server });

globalThis.invites = invites;

/** One line of the guide; those with a feature are shown where the server has it. */
const EXAMPLES = [
  ["await invites.create({ permissions: 'rw', maxAge: 3600 }, 'notes')", 'an invite to "notes" for an hour'],
  ["await invites.create({ permissions: 'r', maxUses: 1 }, 'notes')", 'for one person', 'maxUses'],
  ["await invites.create({ message: 'See you there' }, 'notes')", 'with a word from you', 'message'],
  ["await invites.create({ email: 'bob@example.com' }, 'notes')", 'for this address alone', 'email'],
  ["await invites.create({ signed: true }, 'notes')", 'a key that proves offline who made it', 'signed'],
  ["await invites.get('notes')", 'those you made that still work'],
  ["await invites.link('<key>')", 'its link'],
  ["await invites.check('<key>')", 'who invites to what'],
  ["await invites.preview('<key>')", 'what accepting would give, and to which account', 'preview'],
  ["await invites.accept('<key>')", 'accept: what you may do now'],
  ["await invites.remove('<key>')", 'it stops working'],
];

const guide = (examples) => {
  const width = Math.max(...examples.map(([code]) => code.length));
  return examples.map(([code, about]) => `  ${code.padEnd(width)}   // ${about}`).join('\n');
};

/** Prints examples for what this server supports; a key is in none of them. */
invites.help = async () => {
  const shown = await Promise.all(EXAMPLES.map(async ([, , feature]) => !feature || invites.supports(feature).catch(() => false)));
  console.info(`invite-keys, what this server supports:\n\n${guide(EXAMPLES.filter((_, at) => shown[at]))}\n\nEvery rejection has a \`code\` and a \`message\` that says what to do.`);
};

const forServer = server && !configured ? `, for ${server}` : '';
console.info(`invite-keys: \`invites\` is ready here${forServer}. For example:\n\n${guide(EXAMPLES.filter(([, , feature]) => !feature))}\n\nWhat else this server supports: await invites.help()`);

export * from './index.js';
