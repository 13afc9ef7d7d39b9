// Asks before something is done.
import { create } from './dom.js';

/**
 * `ask()` resolves with whether to do it; Escape and a press outside mean no. `name` is what its parts are called by;
 * `content` stands between the heading and the buttons, and is read with it.
 */
export function askDialog(name, { no, yes }, ...content) {
  let settle = () => {};
  const heading = create('h2', { id: `${name}-heading` });
  const node = create('dialog', {
    class: name, 'aria-labelledby': `${name}-heading`, 'aria-describedby': `${name}-text`, part: 'dialog',
    on: {
      click: (event) => { if (event.target === node) node.close(''); },
      // `close` comes a moment after the dialog has closed: by then it may be open again, for another question.
      close: () => { if (!node.open) settle(node.returnValue === 'yes'); },
    },
  },
  create('form', { method: 'dialog', class: 'stack' },
    heading,
    create('div', { id: `${name}-text`, class: 'stack' }, ...content),
    create('div', { class: 'row end' },
      create('button', { value: '', autofocus: true }, no),
      create('button', { value: 'yes', class: 'danger', part: `confirm-${name}` }, yes))));
  return {
    node,
    /** Nobody will answer: the element was taken off the page. */
    cancel() {
      node.close('');
      settle(false);
    },
    ask(question) {
      settle(!node.open && node.returnValue === 'yes');
      heading.textContent = question;
      node.returnValue = '';
      node.showModal();
      return new Promise((resolve) => { settle = resolve; });
    },
  };
}
