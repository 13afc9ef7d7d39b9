// What is said about one invite. Strangers wrote much of it: all of it is text.
const KINDS = { webstrates: 'Webstrates key', opaque: 'Opaque key', signed: 'Signed key', userkit: 'UserKit token', rkvst: 'RKVST identity' };

const REPAIRS = {
  line_break: 'It was broken over several lines.',
  quoted_printable: 'It was encoded as a mail’s quoted-printable text.',
  html_entity: 'It was encoded as HTML.',
  backslash: 'Some characters had backslashes before them.',
  percent_encoding: 'It was percent-encoded once too often.',
  trailing_text: 'What stands right after it had become a part of it.',
  invisible_character: 'It had invisible characters in it.',
  full_width: 'Some characters were full-width forms.',
  hyphen: 'Its hyphens had become typographic ones.',
  safe_links: 'It was wrapped by Outlook Safe Links.',
  google_redirect: 'It was wrapped by a redirect of Google.',
  proofpoint_redirect: 'It was wrapped by Proofpoint URL Defense.',
};

const VERDICTS = {
  authentic: 'Proved',
  plausible: 'Looks right',
  malformed: 'Broken',
  expired: 'Expired',
  not_yet_valid: 'Not yet valid',
  wrong_audience: 'For something else',
  unknown_key: 'Issuer unknown',
  bad_signature: 'Wrong signature',
};

const PERMISSIONS = { r: 'read', w: 'write', a: 'admin' };
const TIME = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });
const NEUTRAL = ['plausible', 'unknown_key'];

function create(name, className, ...children) {
  const node = document.createElement(name);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/** A card; `copy(entry, button)` is called when somebody wants the repaired link. */
export function card(entry, number, copy) {
  const { verdict, proof, kind, link, repairs } = entry;
  const said = proof ?? verdict;
  const isBroken = verdict.verdict === 'malformed';
  const kindOf = KINDS[kind ?? verdict.kind];
  const chip = create('span', 'chip', VERDICTS[said.verdict] ?? said.verdict);
  if (!NEUTRAL.includes(said.verdict)) chip.classList.add(said.verdict === 'authentic' ? 'good' : 'wrong');

  const node = create('li', isBroken ? 'card bad' : 'card');
  const title = create('h3', '', create('span', 'number', String(number)), kindOf ?? 'No whole key', chip);
  node.append(title, create('p', '', said.sentence));
  if (said.verdict === 'unknown_key') {
    node.append(create('p', 'small muted', 'If another server issued it, give its address and public keys under “Prove signed keys”.'));
  }
  if (link) {
    node.append(rows([['Leads to', link.page], ['Invites to', link.resource], ['The key stands', link.in === 'fragment' ? 'behind #: no server sees it' : 'behind ?: the server sees it']]));
  }
  if (repairs.length > 0) {
    node.append(create('div', 'stack tight', create('h4', '', 'Repaired'),
      create('ul', '', ...repairs.map((repair) => create('li', '', REPAIRS[repair] ?? repair)))));
  }
  const claims = proof?.claims ?? verdict.unverifiedClaims;
  if (claims) {
    node.append(create('div', 'proved', create('h4', '', proof?.claims ? 'Its issuer says' : 'It says of itself, and nobody has proved it'), about(claims)));
  }
  if (entry.key) {
    const button = create('button', '', link ? 'Copy the repaired link' : 'Copy the key');
    button.type = 'button';
    button.addEventListener('click', () => copy(entry, button));
    node.append(create('div', 'row', button));
  }
  return node;
}

function about(claims) {
  const time = (iso) => iso && TIME.format(new Date(iso));
  return rows([
    ['Issued by', claims.issuer],
    ['Invites to', claims.resource],
    ['Grants', [...claims.permissions].map((letter) => PERMISSIONS[letter] ?? letter).join(', ')],
    ['Invited by', claims.inviter],
    ['Issued on', time(claims.issuedAt)],
    ['Begins on', time(claims.notBefore)],
    ['Ends on', time(claims.expiresAt)],
    ['Uses', claims.maxUses && `at most ${claims.maxUses}`],
  ]);
}

function rows(pairs) {
  const list = create('dl', 'small');
  for (const [name, value] of pairs) if (value) list.append(create('dt', '', name), create('dd', '', value));
  return list;
}
