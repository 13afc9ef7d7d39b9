// What the modules without a server have in common. Each becomes one file, which holds only what it uses of this.

/** What is thrown: details, of which sdk/error.js makes the error. */
export const wrong = (code, field, message) => ({ code, message, field, retryable: false, final: false });

/** What a module answers, unless that is an error. */
export function read(json) {
  const answer = JSON.parse(json);
  if (answer?.error) throw wrong(answer.error, answer.field, answer.message);
  return answer;
}

/** The members of these names. What is no object, or has others, is refused as the core does: most are typing errors. */
export function members(given, field, ...names) {
  if (given === undefined || given === null) return [];
  let isObject, unknown, values;
  try {
    isObject = Object.prototype.toString.call(given) === '[object Object]';
    unknown = isObject && Object.keys(given).find((name) => !names.includes(name) && given[name] !== undefined);
    values = names.map((name) => given[name]);
  } catch {
    throw wrong('invalid_option', field, `${field} cannot be read.`);
  }
  if (!isObject) throw wrong('invalid_option', field, `${field} must be an object.`);
  if (unknown !== undefined) throw wrong('invalid_option', unknown, `${unknown} is not an option here.`);
  return values;
}

/** A text, or a URL's; `undefined` of anything else. The module reads the beginning of what is too long, and says so. */
function textOf(value) {
  let text = value;
  try {
    if (typeof value !== 'string') text = value.href;
  } catch {} // no object, or one that does not let us
  return typeof text === 'string' ? text.slice(0, 2 ** 20 + 1) : undefined;
}

export const text = (value) => textOf(value) ?? '';

/** A text where there has to be one. */
export function needed(value, field) {
  const text = textOf(value);
  if (text === undefined) throw wrong('invalid_option', field, `${field} must be a text.`);
  return text;
}

/** The name of the parameter that carries the key. */
export function parameter(options) {
  const [name] = members(options, 'options', 'param');
  return needed(name ?? 'acceptInvite', 'param');
}
