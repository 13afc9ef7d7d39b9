// What every rejection is.
import { define, method } from './method.js';
import { mayBeTold, tellable } from './secrets.js';

// Consoles call it by the name of a member, which no bundler shortens.
export const { InviteError } = {
  InviteError: class extends Error {
    static {
      define(this.prototype, 'name', 'InviteError');
    }
    constructor(code, message, details) {
      super();
      if (code) fill(this, { retryable: false, ...details, code, message });
    }
  },
};

export const isInviteError = /* @__PURE__ */ method('isInviteError', 'error', (_, error) => {
  try {
    return error?.name === 'InviteError' && typeof error.code === 'string';
  } catch {
    return false; // what cannot be read is none of ours
  }
});

export const failed = (message, details) => new InviteError('load_failed', message, { retryable: true, ...details });

/**
 * An error for later, whose stack begins where the caller of the function `below` stands: what it gives takes what was
 * thrown underneath. The core rejects with plain details.
 */
export function standing(below) {
  const error = new InviteError();
  Error.captureStackTrace?.(error, below);
  return (thrown) => fill(error, ours(thrown) ?? failed('The WebAssembly of invite-keys broke: reload the page.', { retryable: false, cause: thrown }));
}

/** An error of ours, or the core's details, in which a server may have had its say; a page's own errors have codes, too. */
function ours(thrown) {
  try {
    if (thrown instanceof InviteError) return thrown;
    const { code, retryable, final, message, field } = thrown;
    if (typeof code !== 'string' || typeof retryable !== 'boolean' || typeof final !== 'boolean') return undefined;
    const told = { ...thrown, message: tellable(message) };
    if (field) told.field = tellable(field);
    return told;
  } catch {
    return undefined;
  }
}

function fill(error, { code, message, cause, final, ...more }) {
  // Where a stack begins with words, they are what a console prints of an error.
  const stack = String(error.stack ?? 'InviteError').replace(/^InviteError$/m, () => `InviteError [${code}]: ${message}`);
  for (const [name, value] of Object.entries({ message, stack, cause: mayBeTold(cause) ? cause : undefined })) {
    if (value !== undefined) define(error, name, value);
  }
  return Object.assign(error, { code }, more);
}
