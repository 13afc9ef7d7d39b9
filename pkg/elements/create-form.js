// The form that makes an invite: what they may do, how long, how many.
import { create, setText } from './dom.js';
import { duration } from './time.js';

const MAX_USES = 10_000;
/** The three sorts of invite, weakest first: letters, and what they are called. */
const CHOICES = [['r', 'read', 'readMeans'], ['rw', 'readWrite', 'readWriteMeans'], ['arw', 'admin', 'adminMeans']];
/** Seconds. */
const EXPIRIES = [3600, 86_400, 604_800, 2_592_000];
const USUAL_EXPIRY = 604_800;

/** `onCreate(options)` makes the invite; what it throws is shown here, beside the field it is about. */
export function createForm({ words, onCreate }) {
  const choices = CHOICES.map(([letters, name, means], index) => create('label', { class: 'choice' },
    create('input', {
      type: 'radio', name: 'permissions', value: letters, checked: index === 0, 'aria-labelledby': `name-${letters}`, 'aria-describedby': `means-${letters}`,
    }),
    create('span', { id: `name-${letters}` }, words[name]),
    create('span', { id: `means-${letters}`, class: 'hint' }, words[means])));
  const expiry = create('select', { id: 'expiry', name: 'maxAge' },
    ...EXPIRIES.map((seconds) => create('option', { value: String(seconds), selected: seconds === USUAL_EXPIRY }, duration(seconds * 1000, words.lang))));
  const maxUses = create('input', {
    id: 'max-uses', name: 'maxUses', type: 'number', min: '1', max: String(MAX_USES), step: '1', inputmode: 'numeric',
    'aria-describedby': 'max-uses-hint error',
  });
  const maxUsesField = create('div', { class: 'field', hidden: true },
    create('label', { for: 'max-uses' }, words.maxUses), maxUses,
    create('span', { class: 'hint', id: 'max-uses-hint' }, words.maxUsesHint));
  const error = create('p', { class: 'notice bad small', id: 'error', role: 'alert', hidden: true });
  const submit = create('button', { class: 'primary', part: 'create' }, create('span', {}, words.submit));
  const node = create('form', { class: 'stack', novalidate: true, on: { submit: send } },
    create('fieldset', {}, create('legend', {}, words.permissions), create('div', { class: 'choices' }, ...choices)),
    create('div', { class: 'fields' },
      create('div', { class: 'field' }, create('label', { for: 'expiry' }, words.expiry), expiry), maxUsesField),
    error,
    create('div', {}, submit));
  let busy = false;

  function read() {
    const options = { permissions: new FormData(node).get('permissions'), maxAge: Number(expiry.value) };
    if (!maxUsesField.hidden && (maxUses.value !== '' || maxUses.validity.badInput)) {
      options.maxUses = maxUses.validity.badInput ? NaN : Number(maxUses.value);
    }
    return options;
  }

  async function send(event) {
    event.preventDefault();
    // aria-disabled keeps the button focusable; a second press while busy must not make a second invite.
    if (busy) return;
    setBusy(true);
    showError(null);
    try {
      await onCreate(read());
      maxUses.value = '';
    } catch (problem) {
      showError(problem);
    } finally {
      setBusy(false);
    }
  }

  function setBusy(value) {
    busy = value;
    submit.setAttribute('aria-disabled', String(value));
    setText(submit.querySelector('span'), value ? words.busy : words.submit);
  }

  function sentenceOf(problem) {
    // The SDK's sentence about an option says what is allowed; the others are said in the words of this page.
    if (problem.code === 'invalid_option') return problem.message;
    const { title, text } = words.failure(problem);
    return `${title}. ${text}`;
  }

  function showError(problem) {
    const about = problem?.code === 'invalid_option' && problem.field === 'maxUses';
    if (about) maxUses.setAttribute('aria-invalid', 'true');
    else maxUses.removeAttribute('aria-invalid');
    error.hidden = !problem;
    setText(error, about ? words.maxUsesWrong : problem ? sentenceOf(problem) : '');
    if (about) maxUses.focus();
  }

  return {
    node,
    allowMaxUses(allowed) { maxUsesField.hidden = !allowed; },
  };
}
