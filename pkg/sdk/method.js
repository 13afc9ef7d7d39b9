// Public functions say what they take, whatever a bundler did to the names of their arguments.

/** The function `work(method, …)` as `name(takes)`. */
export function method(name, takes, work) {
  const made = (...args) => work(made, ...args);
  const toString = () => `${name}(${takes}) { [invite-keys] }`;
  for (const [property, value] of Object.entries({ name, toString, length: takes ? takes.split(', ').length : 0 })) {
    Object.defineProperty(made, property, { value, configurable: true });
  }
  return made;
}
