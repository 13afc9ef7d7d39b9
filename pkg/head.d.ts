/**
 * The snippet for `<head>`, under 400 bytes, to be copied inline before everything else. It only captures the invite and
 * cleans the address; `invite-keys/auto`, or `invites.acceptPending()`, does the rest.
 *
 * It reads exactly what `auto` reads: the parameter `acceptInvite` of the query, which begins at the first `?`, and of the
 * fragment, whose pairs stand between `&`. What stands behind a second `?`, as in `#/route?acceptInvite=…`, neither reads.
 *
 * @packageDocumentation
 */
export {};
