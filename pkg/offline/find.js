// Finding invites in texts.
import * as glue from '../wasm/raw/find.js';
import { parameter, text } from './shared.js';

export { default, initSync } from '../wasm/raw/find.js';

export function find(given, options) {
  const { found, ...more } = JSON.parse(glue.find(text(given), parameter(options)));
  return Object.assign(found, more);
}
