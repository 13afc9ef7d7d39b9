// What both pages share.
import { create } from '/sdk/elements/dom.js';

/** The page's part with this id. */
export function part(id) {
  return document.getElementById(id);
}

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content;

/** Says in the window's title what is shown. */
export function showTitle(text) {
  document.title = `${text} · ${meta('application-name')}`;
}

/** Where a resource is: what the operator says, or our own page of it. */
export function addressOf(resource) {
  const id = encodeURIComponent(resource);
  return meta('invite-open')?.replaceAll('{resource}', () => id) ?? `/${id}/`;
}

/** Whether that is somewhere else than here. */
export const opensElsewhere = meta('invite-open') !== undefined;

/** "Read and write" for `rw`. */
export function permissionName(letters) {
  if (letters.includes('a')) return 'Admin';
  if (letters.includes('w')) return letters.includes('r') ? 'Read and write' : 'Write';
  return 'Read';
}

/** The page could not be shown at all. */
export function showProblem(error) {
  const node = part('problem');
  node.hidden = false;
  node.replaceChildren(`${error?.message || 'Something went wrong.'} `,
    create('button', { type: 'button', on: { click: () => location.reload() } }, 'Try again'));
}
