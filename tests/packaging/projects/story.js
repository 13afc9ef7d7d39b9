// One invite's life, told by whichever way the package was loaded. `as(name)` gives that person's `Invites`.
export async function story({ as, resource, sdk }) {
  const alice = await as('alice');
  const invite = await alice.create({ permissions: 'rw', maxAge: 3600 }, resource);
  const mine = await alice.get(resource);
  const link = await alice.link(invite);
  const bob = await as('bob');
  const checked = await bob.check(invite.key, resource);
  const accepted = await bob.accept(invite.key, resource);
  const aliceAgain = await as('alice');
  const removed = await aliceAgain.remove(invite.key, resource);
  // Not Bob: who came in by it is answered as before.
  const carol = await as('carol');
  const refused = await carol.check(invite.key, resource).catch((error) => sdk.isInviteError(error) && error.code);
  return {
    created: invite.permissions,
    mine: mine.length,
    linked: link.includes(invite.key),
    checked: checked.permissions,
    accepted,
    removed: removed.deletedCount,
    refused,
    offline: await offline(sdk, link, invite.key),
  };
}

/** What needs no server, from modules of its own. */
async function offline(sdk, link, key) {
  const text = `Come: <${link}>`;
  const [found] = await sdk.find(text);
  await sdk.ready();
  return {
    found: found.key === key && text.slice(found.start, found.end) === link,
    built: (await sdk.buildLink(sdk.parseLinkSync(link))) === link,
    drawn: (await sdk.qrCode(link)) === sdk.qrCodeSync(link),
    inspected: (await sdk.inspect(link)).kind === found.kind,
  };
}

/** What it comes to. An anonymous or Webstrates answer does not say why a key no longer works. */
export const expected = (dialect) => ({
  created: 'rw',
  mine: 1,
  linked: true,
  checked: 'rw',
  accepted: 'rw',
  removed: 1,
  refused: dialect === 'http' ? 'removed' : 'invalid_key',
  offline: { found: true, built: true, drawn: true, inspected: true },
});

/** In a page or worker of the server's own origin: whoever signed in last. */
export async function told(sdk, { dialect, resource }) {
  const { origin } = globalThis.location;
  const as = async (username) => {
    await fetch(`${origin}/auth/test`, {
      method: 'POST',
      headers: { Accept: 'application/json' },
      body: new URLSearchParams({ username, password: 'demo' }),
    });
    return sdk.connect({ server: origin, dialect, resource });
  };
  try {
    return await story({ as, resource, sdk });
  } catch (error) {
    return { failed: `${error.name} ${error.code}: ${error.message}` };
  }
}
