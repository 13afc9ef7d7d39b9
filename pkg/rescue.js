// Compiles WebAssembly where the short way was refused, and says why where there is none.
import { within } from './index.js';

const { failed } = within;

/** `source` is what was to be compiled, if it came; `cause` why it was not. */
export async function rescue(source, cause) {
  const never = (message) => failed(message, { cause, retryable: false });
  if (!globalThis.WebAssembly) throw never('invite-keys needs WebAssembly, and there is none here.');
  if (!mayCompile()) throw never("WebAssembly is forbidden here: the page's Content-Security-Policy needs 'wasm-unsafe-eval' in its script-src.");
  if (!source && !globalThis.fetch) throw never('There is no fetch() here to load invite-keys with.');
  if (!source?.arrayBuffer || source.bodyUsed) throw cause;
  const { ok, status, headers } = source;
  // What a page has made of it itself has no address.
  const url = source.url || "What this page's own fetch() gave for WebAssembly";
  if (!ok) throw failed(`${url} answered with status ${status}.`, { cause, status, retryable: status === 429 || status >= 500 });
  // The media type is another, or the page has wrapped what fetch() gives.
  const bytes = await source.arrayBuffer();
  return WebAssembly.compile(bytes).catch((cause) => {
    throw failed(`${url} is no WebAssembly but ${headers.get('content-type') || 'of no type'} (bundlers: see the README of invite-keys).`, { cause });
  });
}

/** Whether the smallest of all modules may be compiled: what browsers say of a refusal differs. */
function mayCompile() {
  try {
    return Boolean(new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)));
  } catch {
    return false;
  }
}
