// A link with its copy button. The link is a value and never an attribute: `href` and `data-…` are seen by
// mutation observers, serialised by `outerHTML` and synced by Webstrates.
import { create, icon, setText } from './dom.js';
import { words } from './words.js';

const COPIED_FOR = 2500;

/** Puts text on the clipboard; false where the browser does not let us. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Shows on a button for a moment that its work is done. */
export function confirmOn(button, text) {
  const label = button.querySelector('span');
  const before = label.textContent;
  if (before === text) return;
  setText(label, text);
  button.querySelector('.icon')?.replaceWith(icon('check'));
  setTimeout(() => {
    setText(label, before);
    button.querySelector('.icon')?.replaceWith(icon('copy'));
  }, COPIED_FOR);
}

/** `say` speaks to screen readers. */
export function linkField({ say }) {
  const input = create('input', {
    id: 'link', readonly: true, spellcheck: 'false', autocomplete: 'off', 'aria-describedby': 'link-note', part: 'link',
    on: { focus: () => input.select() },
  });
  const note = create('p', { class: 'small muted', id: 'link-note' });
  const button = create('button', { type: 'button', class: 'primary', part: 'copy', on: { click: copy } },
    icon('copy'), create('span', {}, words.link.copy));
  const node = create('div', { class: 'link arrive', hidden: true, part: 'new-link' },
    create('label', { for: 'link' }, words.link.label),
    create('div', { class: 'link-row' }, input, button),
    note);

  async function copy() {
    if (await copyText(input.value)) {
      confirmOn(button, words.link.copied);
      say(words.link.copiedAloud);
    } else {
      input.focus();
      setText(note, words.link.byHand);
      say(words.link.byHand);
    }
  }

  return {
    node,
    get shown() { return !node.hidden; },
    show(link, sentence) {
      input.value = link;
      setText(note, sentence);
      node.hidden = false;
    },
    focus: () => button.focus(),
    /** A revoked link must not stay there to be copied. */
    hide() {
      input.value = '';
      node.hidden = true;
    },
  };
}
