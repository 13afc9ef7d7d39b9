// Finding invites in texts.
import * as glue from '../wasm/raw/find.js';
import { needed, parameter, read } from './shared.js';

export { initSync } from '../wasm/raw/find.js';
export { build } from '../wasm/raw/find.build.js';

export function find(given, options) {
  const { found, ...more } = read(glue.find(needed(given, 'text'), parameter(options)));
  return Object.assign(found, more);
}
