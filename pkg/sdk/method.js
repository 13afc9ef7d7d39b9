// Public functions say what they take, whatever a bundler did to the names of their arguments.

/** Gives an object a member. Not assigned: where a page has frozen a prototype, nothing that inherits its members can be. */
export const define = (object, name, value, how) => Object.defineProperty(object, name, { __proto__: null, value, configurable: true, writable: true, ...how });

/** The function `work(method, …)` as `name(takes)`. */
export function method(name, takes, work) {
  const made = (...args) => work(made, ...args);
  const toString = () => `${name}(${takes}) { [invite-keys] }`;
  for (const [property, value] of Object.entries({ name, toString, length: takes ? takes.split(', ').length : 0 })) {
    define(made, property, value);
  }
  return made;
}
