// For Node and server-side rendering: fetch() does not read files there, so the WebAssembly is read from disk.
import { readFile } from 'node:fs/promises';
import { within } from './index.js';

within.parts.core.wasm = () => readFile(new URL('./wasm/core_bg.wasm', import.meta.url));
within.parts.offline.wasm = () => readFile(new URL('./wasm/offline_bg.wasm', import.meta.url));
within.parts.find.wasm = () => readFile(new URL('./wasm/find_bg.wasm', import.meta.url));
within.parts.qr.wasm = () => readFile(new URL('./wasm/qr_bg.wasm', import.meta.url));

export * from './index.js';
