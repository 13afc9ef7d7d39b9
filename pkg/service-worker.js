// For service workers: import() is forbidden there, so what is loaded later elsewhere comes along at once. The WebAssembly still waits for a call.
import * as accept from './accept.js';
import * as events from './events.js';
import { within } from './index.js';
import * as lists from './lists.js';
import * as locks from './locks.js';
import * as rescue from './rescue.js';
import * as find from './wasm/find.js';
import * as offline from './wasm/offline.js';
import * as qr from './wasm/qr.js';

for (const [name, code] of Object.entries({ accept, events, find, lists, locks, offline, qr, rescue })) within.parts[name].code = () => code;

export * from './index.js';
