/**
 * The snippet for `<head>`, under 400 bytes, to be copied inline before everything else. It only captures the invite and
 * cleans the address; `invite-keys/auto`, or `invites.acceptPending()`, does the rest.
 *
 * It reads what `auto` reads, as long as the parameter's name is not percent-encoded; `auto` finds that, too.
 *
 * @packageDocumentation
 */
export {};
