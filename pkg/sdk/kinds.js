// What kind a key looks like, for `pending`, which a page asks for before the core is there. A test holds it to `inspect`.

/** How keys of each kind begin; Webstrates' are bare. */
const KINDS = [['inv1_', 'opaque'], ['invs1_', 'signed'], ['invt_', 'userkit'], ['invites/', 'rkvst']];

export function kindOf(key) {
  const bare = key.replace(/^secret-token:/i, '');
  return KINDS.find(([start]) => bare.startsWith(start))?.[1] ?? 'webstrates';
}
