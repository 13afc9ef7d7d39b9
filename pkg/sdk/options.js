// What a page passes, as it is at the moment of the call: it may be changed before the core is there to read it.

const CALL = ['signal', 'timeout', 'idempotencyKey'];

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A copy, of which each member is what `take` makes of it. A member that throws when it is read throws in the copy too, and
 * what cannot be read at all stays as it is: the core says what is wrong with them.
 */
export function snapshot(options, take = copied) {
  try {
    // A copy of a Map would be options with nothing in them.
    if (!isObject(options) || Object.prototype.toString.call(options) !== '[object Object]') return options;
    const copy = {};
    for (const name of Object.keys(options)) Object.defineProperty(copy, name, { __proto__: null, ...member(options, name, take), enumerable: true });
    return copy;
  } catch {
    return options;
  }
}

function member(options, name, take) {
  try {
    const value = options[name];
    return { value: value instanceof URL ? value.href : name === 'auth' ? snapshot(value, take) : take(value, name) };
  } catch (thrown) {
    return { get() { throw thrown; } };
  }
}

/** Data as it will be sent; what is none, such as a signal or a function, stays the page's own. */
function copied(value, name) {
  try {
    const isData = name !== 'signal' && (Array.isArray(value) || Object.prototype.toString.call(value) === '[object Object]');
    return isData ? JSON.parse(JSON.stringify(value)) : value;
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

/** `[first, call]` as they are now, where the first may be left out: no policy and no resource is an object. */
export function sorted(first, call, isCall = isObject) {
  try {
    return call == null && isCall(first) ? [undefined, snapshot(first)] : [snapshot(first), snapshot(call)];
  } catch {
    return [first, call];
  }
}
