// Comparing what came with what a row says, and translating between the row's names and the real ones.

const HEX = { '<hex32>': /^[0-9a-f]{32}$/, '<oid>': /^[0-9a-f]{24}$/, '<date>': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/ };
const BINDING = { key: /^[0-9a-f]{64}$/, inv: /^inv1_[0-9A-Za-z]{36}$/, id: /^[A-Za-z0-9_-]{8,64}$/ };
const PLACEHOLDER = /<(key|KEY|inv|id):(\d+)>/g;
const NAMES = ['doc', 'few', 'ghost'];
/** Never issued: well formed, and no server made them. */
const NEVER = { 'key:19': '0'.repeat(64), 'inv:19': opaque('z'.repeat(30)) };

/** What one row's names stand for on this server. */
export class Names {
  #bound = new Map(Object.entries(NEVER));
  #resources = new Map();

  constructor(suffix) {
    for (const name of NAMES) this.#resources.set(name, `${name}-${suffix}`);
  }

  bind(placeholder, value) { this.#bound.set(placeholder.slice(1, -1), value); }

  bound(placeholder) { return this.#bound.get(placeholder.slice(1, -1)); }

  /** Every key that was really issued. */
  secrets() {
    return [...this.#bound].filter(([name]) => /^(key|inv):/.test(name) && !name.endsWith(':19')).map(([, value]) => value);
  }

  /** The row's value as the server knows it. */
  real(value) {
    if (Array.isArray(value)) return value.map((item) => this.real(item));
    if (typeof value === 'string') return this.#realText(value);
    if (value === null || typeof value !== 'object') return value;
    if ('$' in value) return special(value);
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.real(item)]));
  }

  #realText(text) {
    if (this.#resources.has(text)) return this.#resources.get(text);
    const path = text.startsWith('/') ? text.replace(/(?<=\/)(doc|few|ghost)(?=$|[/?])/g, (name) => this.#resources.get(name)) : text;
    return path.replace(PLACEHOLDER, (whole, kind, number) => {
      const value = this.#bound.get(`${kind.toLowerCase()}:${number}`);
      if (value === undefined) throw new Error(`${whole} stands for nothing yet`);
      return kind === 'KEY' ? value.toUpperCase() : value;
    });
  }

  /** A text of the server's in the row's words, so that it holds no key. */
  told(text) {
    let told = String(text);
    for (const [name, value] of this.#bound) told = told.replaceAll(value, `<${name}>`).replaceAll(value.toUpperCase(), `<${name.toUpperCase()}>`);
    for (const [name, value] of this.#resources) told = told.replaceAll(value, name);
    return told.replace(/[0-9a-fA-F]{64}|inv1_[0-9A-Za-z]{36}/g, '<a key>');
  }

  /** Throws with the place of the first difference. `at` is where we are. */
  match(expected, actual, at = 'result') {
    const differs = (what = show(expected)) => new Mismatch(`${at}: expected ${this.told(what)}, got ${this.told(show(actual))}`);
    if (typeof expected === 'string') {
      if (!this.#matchText(expected, actual, at)) throw differs();
    } else if (Array.isArray(expected)) {
      this.#matchList(expected, actual, at, differs);
    } else if (expected !== null && typeof expected === 'object') {
      this.#matchObject(expected, actual, at, differs);
    } else if (!Object.is(expected, actual)) {
      throw differs();
    }
  }

  #matchText(expected, actual, at) {
    if (expected === '<any>') return true;
    if (expected === '<number>') return typeof actual === 'number';
    const user = /^<user:(\w+)>$/.exec(expected);
    if (user) {
      this.match({ username: user[1], provider: 'test', displayName: '<absent>' }, actual, at);
      return true;
    }
    if (typeof actual !== 'string') return false;
    if (expected === '<text>' || expected === '<token>') return actual !== '';
    if (expected in HEX) return HEX[expected].test(actual);
    const open = /^<(key|inv|id):\d+>$/.exec(expected);
    if (open && this.bound(expected) === undefined) {
      if (!BINDING[open[1]].test(actual)) return false;
      this.bind(expected, actual);
      return true;
    }
    const told = this.told(actual);
    if (told === expected) return true;
    return expected.endsWith('…') && told.startsWith(expected.slice(0, -1));
  }

  #matchList(expected, actual, at, differs) {
    const rest = expected.at(-1) === '<rest>';
    const length = rest ? expected.length - 1 : expected.length;
    if (!Array.isArray(actual) || (rest ? actual.length < length : actual.length !== length)) throw differs();
    for (let index = 0; index < length; index += 1) this.match(expected[index], actual[index], `${at}[${index}]`);
  }

  #matchObject(expected, actual, at, differs) {
    if ('<json>' in expected) {
      if (typeof actual !== 'string') throw differs();
      return this.match(expected['<json>'], JSON.parse(actual), at);
    }
    if (actual === null || typeof actual !== 'object' || Array.isArray(actual)) throw differs();
    const { '<more>': more, ...members } = expected;
    for (const [name, value] of Object.entries(members)) {
      if (name in actual) this.match(value === '<absent>' ? '<any>' : value, actual[name], `${at}.${name}`);
      else if (value !== '<absent>') throw differs(`a member ${name}`);
    }
    const extra = Object.keys(actual).filter((name) => !(name in members));
    if (extra.length && !more) throw differs(`no member ${extra.join(', ')}`);
  }
}

export class Mismatch extends Error {}

/** What JSON cannot say, or only at great length. */
function special(value) {
  switch (value.$) {
    case 'undefined': return undefined;
    case 'NaN': return NaN;
    case 'Infinity': return Infinity;
    case 'repeat': return value.text.repeat(value.times);
    default: throw new Error(`nothing is called ${value.$}`);
  }
}

export function show(value) {
  if (value instanceof Error) return `${value.name} ${value.code ?? ''}: ${value.message}`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

/** An opaque key of these thirty letters: six base62 digits of CRC-32 end it. */
export function opaque(letters) {
  const text = `inv1_${letters}`;
  let crc = 0xffffffff;
  for (const letter of text) {
    crc ^= letter.charCodeAt(0);
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  let rest = (crc ^ 0xffffffff) >>> 0;
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  let out = '';
  for (let index = 0; index < 6; index += 1) {
    out = digits[rest % 62] + out;
    rest = Math.floor(rest / 62);
  }
  return text + out;
}
