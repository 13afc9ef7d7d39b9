// Keys as servers take them.
import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A key of the shape that both servers take: random letters and their checksum. No server could derive it, which only
    listing does; all others know a key by its hash. */
export function freshKey() {
  const start = `inv1_${Array.from(randomBytes(30), (byte) => LETTERS[byte % 62]).join('')}`;
  let checksum = '';
  for (let rest = crc32(start), digit = 0; digit < 6; digit += 1, rest = Math.floor(rest / 62)) {
    checksum = LETTERS[rest % 62] + checksum;
  }
  return start + checksum;
}

/** What a database knows it by. */
export const hashOf = (key) => createHash('sha256').update(key).digest();
