// Importing is harmless; a call without configuration says what is missing.
import { inspect, inspectSync, invites, isInviteError, ready } from 'invite-keys';
import 'invite-keys/auto';

const report = { pending: invites.pending };
try {
  inspectSync('x');
} catch (error) {
  report.tooSoon = isInviteError(error) && error.code;
}
await invites.get('notes').catch((error) => {
  report.get = isInviteError(error) && error.code;
});
await ready();
report.verdict = (await inspect('0b7e')).reason;
report.sync = inspectSync('ab'.repeat(32)).kind;
console.log(JSON.stringify(report));
