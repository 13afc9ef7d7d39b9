// In the developer tools console of the demo, signed in as Alice: paste this.
// On your own page write the whole address: await import('https://invites.example.com/sdk/console.js')

const { invites } = await import('/sdk/console.js');

const invite = await invites.create({ permissions: 'rw', maxAge: 3600 }, 'notes');   // maxAge is in seconds
console.table(await invites.get('notes'), ['permissions', 'expiresAt', 'uses']);     // without the keys
await invites.remove(invite.key, 'notes');
