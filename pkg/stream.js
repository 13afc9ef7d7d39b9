// Reads a stream of server-sent events (HTML standard, 9.2.6), as much of it as invite-server writes.
import { ending } from './request.js';

/** Characters of one event at most; what is longer is none of ours. */
const LONGEST = 65_536;

/**
 * Tells each event, notes its id as the `place`, and says to `line` that it heard something. Ends with the stream or the line.
 */
export async function eachEvent(body, line, place, tell) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await ending(reader.read(), line.signal);
      if (done) return;
      line.heard();
      const events = (text + decoder.decode(value, { stream: true })).replaceAll('\r\n', '\n').split('\n\n');
      text = events.pop();
      if (text.length > LONGEST) return;
      for (const event of events) {
        const fields = new Map(event.split('\n').map((line) => /^(\w*): ?(.*)$/s.exec(line)?.slice(1) ?? []));
        if (fields.get('id')) place.last = fields.get('id');
        const data = parsed(fields.get('data'));
        if (data) tell({ type: fields.get('event'), ...data });
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function parsed(data) {
  try {
    return JSON.parse(data);
  } catch {
    return undefined; // a sign of life, or none of ours
  }
}
