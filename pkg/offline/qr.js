// Links as pictures.
import * as glue from '../wasm/raw/qr.js';
import { setErrorClass, text, wrong } from './shared.js';

export { default, initSync } from '../wasm/raw/qr.js';
export { setErrorClass };

export function qrCode(link) {
  const svg = glue.qrCode(text(link));
  if (!svg) throw wrong('invalid_option', 'link', 'The link is too long for a QR code.');
  return svg;
}
