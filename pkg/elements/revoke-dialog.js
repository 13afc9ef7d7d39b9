// Asks before a link stops working.
import { create } from './dom.js';

/** `ask()` resolves with whether to revoke; Escape and a press outside mean no. */
export function revokeDialog(words) {
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
    create('h2', { id: 'revoke-heading' }, words.revokeAsk),
    create('p', { id: 'revoke-text' }, words.revokeText),
    create('div', { class: 'row end' },
      create('button', { value: '', autofocus: true }, words.revokeNo),
      create('button', { value: 'revoke', class: 'danger', part: 'confirm-revoke' }, words.revokeYes))));
  return {
    node,
    /** Nobody will answer: the element was taken off the page. */
    cancel() {
      node.close('');
      settle(false);
    },
    ask() {
      settle(false);
      node.returnValue = '';
      node.showModal();
      return new Promise((resolve) => { settle = resolve; });
    },
  };
}
