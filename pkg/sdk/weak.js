// What is held only for as long as somebody else holds it.

/** Importing is harmless even where there is none of this. */
export const weak = (value) => (globalThis.WeakRef ? new WeakRef(value) : { deref: () => value });

/** Somebody's function, for one who must not hold what it may hold; all else as it is. */
export function lent(value) {
  if (typeof value !== 'function') return value;
  const own = weak(value);
  return function (...args) {
    const work = own.deref();
    return new.target ? new work(...args) : work(...args);
  };
}
