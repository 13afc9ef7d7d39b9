// Links as pictures.
import * as glue from '../wasm/raw/qr.js';
import { needed, wrong } from './shared.js';

export { initSync } from '../wasm/raw/qr.js';
export { build } from '../wasm/raw/qr.build.js';

export function qrCode(link) {
  const svg = glue.qrCode(needed(link, 'link'));
  if (!svg) throw wrong('invalid_option', 'link', 'The link is too long for a QR code.');
  return svg;
}
