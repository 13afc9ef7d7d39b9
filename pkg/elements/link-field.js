// A link to copy, to share and to scan. The link is a value and never an attribute: `href` and `data-…` are seen by
// mutation observers, serialised by `outerHTML` and synced by Webstrates.
import { create, icon, setText } from './dom.js';

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

/** The QR code as a picture of paths. The module that draws it comes with the first one. */
async function draw(link) {
  const { qrCode } = await import('../index.js');
  const { documentElement } = new DOMParser().parseFromString(await qrCode(link), 'image/svg+xml');
  return document.importNode(documentElement, true);
}

/** `say` speaks to screen readers. */
export function linkField({ words, say }) {
  const input = create('input', {
    id: 'link', readonly: true, spellcheck: 'false', autocomplete: 'off', 'aria-describedby': 'link-note', part: 'link',
    on: { focus: () => input.select() },
  });
  const note = create('p', { class: 'small muted', id: 'link-note' });
  const copyButton = create('button', { type: 'button', class: 'primary', part: 'copy', on: { click: copy } },
    icon('copy'), create('span', {}, words.copy));
  const shareButton = create('button', { type: 'button', part: 'share', hidden: !navigator.share, on: { click: share } },
    icon('share'), words.share);
  const code = create('div', { class: 'qr', part: 'qr', role: 'img', 'aria-label': words.qrAbout, id: 'qr', hidden: true });
  const codeButton = create('button', {
    type: 'button', part: 'show-qr', hidden: true, 'aria-expanded': 'false', 'aria-controls': 'qr', on: { click: () => showCode() },
  }, icon('grid'), words.qr);
  const codeNote = create('p', { class: 'small muted', role: 'status' });
  const node = create('div', { class: 'link arrive', hidden: true, part: 'new-link' },
    create('label', { for: 'link' }, words.link),
    create('div', { class: 'link-row' }, input, copyButton),
    note,
    create('div', { class: 'row' }, shareButton, codeButton),
    codeNote,
    code);

  async function copy() {
    if (await copyText(input.value)) {
      confirmOn(copyButton, words.copied);
      say(words.copiedAloud);
    } else {
      input.focus();
      setText(note, words.byHand);
      say(words.byHand);
    }
  }

  function share() {
    // Closing the share sheet without a choice is no failure.
    navigator.share({ url: input.value }).catch(() => {});
  }

  function toggle(shown) {
    code.hidden = !shown;
    codeButton.setAttribute('aria-expanded', String(shown));
  }

  async function showCode() {
    const link = input.value;
    if (!code.firstChild) {
      // aria-disabled keeps the button focusable.
      if (codeButton.ariaDisabled === 'true') return;
      codeButton.ariaDisabled = 'true';
      setText(codeNote, words.loading);
      // It has the deadline of every call.
      const picture = await draw(link).catch(() => null);
      codeButton.ariaDisabled = null;
      setText(codeNote, picture ? '' : words.qrFailed);
      // Another link has come meanwhile.
      if (!picture || input.value !== link) return;
      code.replaceChildren(picture);
    }
    toggle(code.hidden);
  }

  return {
    node,
    show(link, sentence) {
      input.value = link;
      setText(note, sentence);
      code.replaceChildren();
      setText(codeNote, '');
      toggle(false);
      node.hidden = false;
      import('../index.js').then(({ qrCode }) => { codeButton.hidden = !qrCode; }, () => {});
    },
    focus: () => copyButton.focus(),
    select: () => input.focus(),
    /** A revoked link must not stay there to be copied. */
    hide() {
      input.value = '';
      code.replaceChildren();
      node.hidden = true;
    },
  };
}
