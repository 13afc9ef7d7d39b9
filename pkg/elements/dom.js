// Builds DOM without markup strings: invite data from other people is always text, never HTML.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * `create('button', { class: 'primary', type: 'button', on: { click } }, 'Copy')`.
 * `props` sets properties instead of attributes: a link with a key must never become an attribute.
 */
export function create(name, { on = {}, props = {}, ...attributes } = {}, ...children) {
  const node = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(attribute, '');
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(attribute, value);
  }
  Object.assign(node, props);
  for (const [type, listener] of Object.entries(on)) node.addEventListener(type, listener);
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A decorative line icon; its name comes from the text beside it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  for (const [attribute, value] of Object.entries({ viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true', focusable: 'false' })) {
    svg.setAttribute(attribute, value);
  }
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PATHS[name]);
  svg.append(path);
  return svg;
}

const PATHS = {
  copy: 'M9 9h10v11H9zM5 15V4h10',
  check: 'M5 13l4.5 4.5L19 7',
  clock: 'M12 7v5l3.5 2M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17z',
  people: 'M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.4-3.6 3-5.5 6.5-5.5s6.1 1.9 6.5 5.5M16 5a3.2 3.2 0 0 1 0 6.2M18 14.9c2 .7 3.2 2.4 3.5 5.1',
  key: 'M14.5 13a4.5 4.5 0 1 0-4.3-3.2L3.5 16.5V20.5H7.5V18H10V15.5L11.7 13.8',
  share: 'M12 15V4M8 7.5L12 3.5L16 7.5M6 11H5v9h14v-9h-1',
  grid: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2zM18 14h2M14 18v2',
  warning: 'M12 4L2.8 20h18.4zM12 10.5v4M12 17.2v.3',
};

/** The first letter of a name in a circle. */
export function avatar(name) {
  const letter = [...String(name).trim()][0] ?? '?';
  return create('span', { class: 'avatar', 'aria-hidden': 'true' }, letter.toUpperCase());
}

/** What to call a person. */
export function nameOf(user) {
  return user?.displayName || user?.username || '';
}

/** Changes text only when it differs, so that screen readers and selections are left alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * Says something once to screen readers. The region has to be in the document before its text is,
 * and the same words twice have to be a change: hence the alternating no-break space.
 */
export function announcer() {
  const node = create('p', { class: 'announcer', role: 'status', 'aria-live': 'polite' });
  let odd = false;
  return {
    node,
    say(text) {
      odd = !odd;
      node.textContent = odd ? text : `${text}\u00a0`;
    },
  };
}

/** Two copies of the package on one page are no error: the first one counts. */
export function define(name, element) {
  if (!customElements.get(name)) customElements.define(name, element);
}

/** What is refused as the SDK refuses an option: `field` says which. */
export const wrong = (field, message) => Object.assign(new TypeError(message), { code: 'invalid_option', field });

/** An address as an attribute has it; nothing where that is absent. One that is none is told of with its element. */
export function addressIn(element, attribute) {
  const text = element.getAttribute(attribute);
  if (!text) return undefined;
  try {
    return new URL(text, location.href);
  } catch {
    throw wrong(attribute, `The attribute ${attribute} of <${element.localName}> is no address.`);
  }
}

/** Throws what to say where something in a connection's place has none of these methods: a promise of one, or a module. */
export function needConnection(invites, ...methods) {
  if (methods.some((name) => typeof invites[name] !== 'function')) throw wrong('invites', 'invites must be a connection: what connect() gives, or invites itself.');
}

/** What a framework set before the class was there hides its accessors: sets it again. */
export function upgrade(element, ...names) {
  for (const name of names) {
    if (!Object.hasOwn(element, name)) continue;
    const value = element[name];
    delete element[name];
    element[name] = value;
  }
}
