// What a page passes, as it is at the moment of the call: it may be changed before the core is there to read it.

const CALL = ['signal', 'timeout', 'idempotencyKey'];

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A copy. A member that throws when it is read throws in the copy too, and what cannot be read at all stays as it
 * is: the core says what is wrong with them.
 */
export function snapshot(options) {
  try {
    // A copy of a Map would be options with nothing in them.
    if (!isObject(options) || Object.prototype.toString.call(options) !== '[object Object]') return options;
    const copy = {};
    for (const name of Object.keys(options)) Object.defineProperty(copy, name, { ...member(options, name), enumerable: true });
    return copy;
  } catch {
    return options;
  }
}

function member(options, name) {
  try {
    const value = options[name];
    return { value: value instanceof URL ? value.href : name === 'auth' ? snapshot(value) : copied(value) };
  } catch (thrown) {
    return { get() { throw thrown; } };
  }
}

/** Data all the way down; what is none, such as a signal or a function, stays the page's own. */
function copied(value) {
  try {
    return Array.isArray(value) || Object.prototype.toString.call(value) === '[object Object]' ? structuredClone(value) : value;
  } catch {
    return value;
  }
}

/** Whether an object in another argument's place is the call options; the core asks the same of what it gets. */
export function looksLikeCall(options) {
  try {
    const given = isObject(options) ? Object.keys(options).filter((name) => options[name] !== undefined) : [];
    return given.length > 0 && given.every((name) => CALL.includes(name));
  } catch {
    return false;
  }
}

/** `[policy, call]`, where the policy may be left out: no policy is an object. */
export function sorted(policy, call) {
  try {
    return call == null && isObject(policy) ? [undefined, snapshot(policy)] : [policy, snapshot(call)];
  } catch {
    return [policy, call];
  }
}
