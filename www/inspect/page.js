// Looks at what is pasted, in the browser alone. All is loaded when the page opens, so that the network can be off then.
import { find, findSync, inspect, inspectSync, buildLinkSync, verifySignedKeySync } from '/sdk/index.js';
import { card } from './card.js';

const root = document.getElementById('inspector').shadowRoot;
const part = (id) => root.getElementById(id);
const text = part('text');
const form = part('issuer').elements;

const here = location.origin;
let ownKeys;
// Not every server has one.
const example = part('example') && import('/site/sample/example.js');

part('here').textContent = here;
text.value = ''; // a browser that goes back would bring the last one

const loading = Promise.allSettled([Promise.all([find(''), inspect('')]), fetchOwnKeys()]);
loading.then(([module, keys]) => {
  part('state').textContent = module.reason?.message
    ?? (keys.reason ? 'All is here; you may switch the network off. Only the public keys of this server could not be had.'
      : 'All is here; you may switch the network off.');
  if (!module.reason) look();
});

async function fetchOwnKeys() {
  const answer = await fetch('/.well-known/jwks.json', { credentials: 'omit' });
  if (!answer.ok) throw new Error(`${answer.status}`);
  ownKeys = await answer.text();
}

let waiting;
const soon = () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => loading.then(([module]) => module.reason || look()), 100);
};
text.addEventListener('input', soon);
part('issuer').addEventListener('input', () => {
  part('other').hidden = form.of.value !== 'other';
  soon();
});
part('issuer').addEventListener('submit', (event) => event.preventDefault());
part('example')?.addEventListener('click', async () => {
  text.value = (await example).example;
  soon();
  text.focus();
  text.setSelectionRange(0, 0);
  text.scrollTop = 0;
});
part('clear').addEventListener('click', () => {
  text.value = '';
  soon();
  text.focus();
});

/** What stands in a text, in its order: `{ start, end, key?, link?, repairs, verdict, proof? }`. */
function entries(given) {
  const finds = findSync(given);
  const all = [...finds.map((found) => ({ ...found, verdict: inspectSync(found.key) })), ...finds.broken].sort((a, b) => a.start - b.start);
  // Somebody who pastes a single word means it, whatever it looks like.
  const word = given.trim();
  if (all.length === 0 && word && !/\s/.test(word)) {
    const start = given.indexOf(word);
    all.push({ start, end: start + word.length, repairs: [], verdict: inspectSync(word) });
  }
  return { all, complete: finds.complete };
}

/** The verdict on a signed key, as far as there are keys to ask. */
function prove(entry) {
  if (entry.kind !== 'signed') return undefined;
  const [jwks, audience] = form.of.value === 'other' ? [form.jwks.value, form.address.value.trim()] : [ownKeys, here];
  if (!jwks?.trim() || !audience) return undefined;
  try {
    return verifySignedKeySync(entry.key, jwks, { audience });
  } catch (error) {
    part('issuer-error').textContent = error.message;
    return undefined;
  }
}

function look() {
  const given = text.value;
  const { all, complete } = entries(given);
  part('issuer-error').textContent = '';
  for (const entry of all) entry.proof = prove(entry);
  part('clear').hidden = !given;
  part('summary').textContent = summary(given, all) + (complete ? '' : ' The text is too long: only its beginning was looked at.');
  part('place').hidden = all.length === 0 || given.trim() === '';
  part('marked').replaceChildren(...marked(given, all));
  part('found').replaceChildren(...all.map((entry, index) => card(entry, index + 1, copy)));
}

function summary(given, all) {
  if (!given.trim()) return 'Nothing yet: paste something.';
  const broken = all.filter(({ verdict }) => verdict.verdict === 'malformed').length;
  const whole = all.length - broken;
  if (all.length === 0) return 'There is no invite in it.';
  const count = (number, one, many) => (number === 1 ? `1 ${one}` : `${number} ${many}`);
  return [whole && count(whole, 'invite', 'invites'), broken && count(broken, 'broken one', 'broken ones')].filter(Boolean).join(' and ') + '.';
}

/** The text with marks: text nodes only, nothing of it is ever an attribute. */
function marked(given, all) {
  const nodes = [];
  let done = 0;
  all.forEach(({ start, end, verdict }, index) => {
    if (start < done) return;
    const mark = document.createElement('mark');
    const number = document.createElement('span');
    number.className = 'number';
    number.textContent = index + 1;
    mark.classList.toggle('bad', verdict.verdict === 'malformed');
    mark.append(number, given.slice(start, end));
    nodes.push(given.slice(done, start), mark);
    done = end;
  });
  nodes.push(given.slice(done));
  return nodes;
}

/** Copies the repaired link, or the key where there is no link. */
async function copy({ key, link }, button) {
  const usual = button.textContent;
  try {
    await navigator.clipboard.writeText(link ? buildLinkSync(link, { param: link.key.startsWith('invt_') ? 'invt' : undefined }) : key);
    button.textContent = 'Copied';
  } catch {
    button.textContent = 'Copying is not allowed here';
  }
  setTimeout(() => { button.textContent = usual; }, 2000);
}
