// What a whole test file shares: call it at the top level and give it where a test's `t` is expected.
import { after } from 'node:test';

export function suite() {
  const ends = [];
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return { after: (end) => { ends.push(end); } };
}
