// Asks before a link stops working.
import { create } from './dom.js';
import { words } from './words.js';

/** `ask()` resolves with whether to revoke; Escape and a press outside mean no. */
export function revokeDialog() {
  let settle = () => {};
  const node = create('dialog', {
    class: 'revoke', 'aria-labelledby': 'revoke-heading', 'aria-describedby': 'revoke-text', part: 'dialog',
    on: {
      click: (event) => { if (event.target === node) node.close(''); },
      // `close` comes a moment after the dialog has closed: by then it may be open again, for another invite.
      close: () => { if (!node.open) settle(node.returnValue === 'revoke'); },
    },
  },
  create('form', { method: 'dialog', class: 'stack' },
    create('h2', { id: 'revoke-heading' }, words.revoke.heading),
    create('p', { id: 'revoke-text' }, words.revoke.text),
    create('div', { class: 'row end' },
      create('button', { value: '', autofocus: true }, words.revoke.keep),
      create('button', { value: 'revoke', class: 'danger', part: 'confirm-revoke' }, words.revoke.confirm))));
  return {
    node,
    ask() {
      settle(false);
      node.returnValue = '';
      node.showModal();
      return new Promise((resolve) => { settle = resolve; });
    },
  };
}
