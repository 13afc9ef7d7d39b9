// <invite-manager resource="notes">: create, copy, watch and revoke invites, and see who has access.
// Give it a connection through its `invites` property; it knows no server, no path and no sign-in.
import { announcer, create, nameOf } from './dom.js';
import { createForm } from './create-form.js';
import { identityOf, inviteList } from './invite-list.js';
import { copyText, linkField } from './link-field.js';
import { memberList } from './member-list.js';
import { revokeDialog } from './revoke-dialog.js';
import { styles } from './styles.js';
import { failure, words } from './words.js';

// How often the list looks for new uses while somebody looks at it, until the server tells us by itself.
const REFRESH_EVERY = 4000;

const OWN_STYLES = `
.manager { display: grid; gap: 1rem; }
.link { display: grid; gap: 0.5rem; padding: 1rem; margin-block-start: 1.25rem; border: 1px dashed var(--accent); border-radius: 10px; background: var(--accent-soft); }
.link .muted { color: var(--ink); }
.link-row { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.link-row input { flex: 1 1 12rem; width: auto; min-width: 0; font-family: var(--mono); font-size: 0.875rem; text-overflow: ellipsis; }
.link-row button { flex: 0 0 auto; }
.invite { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 0.5rem 1rem; padding-block: 0.75rem; }
.invite + .invite, .member + .member { border-block-start: 1px solid var(--line); }
.invite:first-child { padding-block-start: 0; }
.invite:last-child { padding-block-end: 0; }
.about { display: flex; flex-wrap: wrap; align-items: center; gap: 0.375rem 0.75rem; flex: 1 1 15rem; }
.facts { display: flex; flex-wrap: wrap; gap: 0.25rem 0.875rem; }
.fact { display: inline-flex; align-items: center; gap: 0.375rem; }
.joined { flex-basis: 100%; color: var(--accent); font-weight: 600; }
.actions { display: flex; gap: 0.25rem; }
.member:last-child { padding-block-end: 0; }
.member { display: flex; align-items: center; gap: 0.75rem; padding-block: 0.5rem; }
.member .name { flex: 1; min-width: 0; overflow-wrap: anywhere; font-weight: 600; }
.member .name .muted { font-weight: 400; }
dialog { width: min(26rem, calc(100% - 2rem)); margin: auto; padding: 1.5rem; border: 1px solid var(--line); border-radius: var(--radius);
  background: var(--surface); color: var(--ink); box-shadow: 0 24px 60px rgb(0 0 0 / 0.3); }
dialog::backdrop { background: rgb(12 14 18 / 0.55); }
.end { justify-content: flex-end; }
@container (max-width: 30rem) {
  .actions { width: 100%; }
  .actions button:first-child { flex: 1; }
  .end button, .link-row button { flex: 1 0 auto; }
}
`;

export class InviteManager extends HTMLElement {
  static observedAttributes = ['resource'];

  #invites;
  #me = null;
  #parts;
  #stop = null;
  #known = new Set();
  #shownLink;

  /** The connection: what `connect({ resource })` gives. */
  get invites() { return this.#invites; }
  set invites(value) {
    this.#invites = value;
    this.#stop?.abort();
    this.#start();
  }

  /** The signed-in person, to mark them among the members. */
  get me() { return this.#me; }
  set me(value) { this.#me = value; }

  connectedCallback() {
    this.#build();
    this.#start();
  }

  disconnectedCallback() {
    this.#stop?.abort();
    this.#stop = null;
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#start();
  }

  #build() {
    if (this.#parts) return;
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = styles(OWN_STYLES);
    const announce = announcer();
    const form = createForm({ onCreate: (options) => this.#create(options) });
    const link = linkField({ say: announce.say });
    const list = inviteList({ onCopy: (invite) => this.#copy(invite), onRevoke: (invite, button) => this.#revoke(invite, button) });
    const members = memberList();
    const dialog = revokeDialog();
    const problem = create('div', { class: 'notice bad', role: 'alert', hidden: true });
    const card = (id, heading, ...content) => create('section', { class: 'card stack', 'aria-labelledby': id },
      create('h2', { id, tabindex: '-1' }, heading), ...content);
    const createCard = card('create-heading', words.create.heading, create('div', {}, form.node, link.node));
    const listCard = card('list-heading', words.list.heading, list.node);
    const membersCard = card('members-heading', words.members.heading, members.node);
    membersCard.hidden = true;
    const body = create('div', { class: 'manager' }, createCard, listCard, membersCard);
    root.append(problem, body, dialog.node, announce.node);
    this.#parts = { announce, form, link, list, members, dialog, problem, body, membersCard, listHeading: root.getElementById('list-heading') };
  }

  #start() {
    if (!this.isConnected || !this.#invites || !this.#parts) return;
    this.#stop?.abort();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#known.clear();
    this.#watch(signal);
  }

  get #resource() { return this.getAttribute('resource') ?? undefined; }

  async #watch(signal) {
    const { form } = this.#parts;
    const now = () => { if (document.visibilityState === 'visible') this.#refresh(signal); };
    document.addEventListener('visibilitychange', now, { signal });
    addEventListener('focus', now, { signal });
    for (const type of ['inviteused', 'invitecreated', 'inviteremoved']) this.#invites.addEventListener?.(type, now, { signal });
    await this.#refresh(signal, true);
    if (signal.aborted) return;
    const timer = setInterval(now, REFRESH_EVERY);
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    const limited = await this.#invites.supports('maxUses').catch(() => false);
    if (!signal.aborted) form.allowMaxUses(limited);
  }

  async #refresh(signal, first = false) {
    const { list, members, problem, body, membersCard } = this.#parts;
    try {
      const [found, people] = await Promise.all([this.#list(signal), this.#members(signal)]);
      if (signal.aborted) return;
      list.update(found);
      list.setStale(false);
      membersCard.hidden = people === null;
      if (people) {
        members.update(people, this.#me);
        this.#announceNewMembers(people, first);
      }
      problem.hidden = true;
      body.hidden = false;
    } catch (error) {
      if (signal.aborted || error?.code === 'aborted') return;
      // What is on the page stays useful while the server is away; a refusal makes it untrue.
      if (error?.retryable && !first) list.setStale(true);
      else this.#showProblem(error, signal);
    }
  }

  async #list(signal) {
    const found = [];
    for await (const invite of this.#invites.list({ status: 'pending' }, { signal })) found.push(invite);
    return found;
  }

  async #members(signal) {
    return await this.#invites.supports('members') ? this.#invites.members({ signal }) : null;
  }

  #showProblem(error, signal) {
    const { problem, body } = this.#parts;
    const { title, text, retry } = failure(error);
    const sentence = error?.code === 'not_admin' ? words.notAdmin : text;
    problem.replaceChildren(...(error?.code === 'not_admin' ? [] : [create('strong', {}, title)]), create('p', {}, sentence),
      ...(retry ? [create('button', { type: 'button', on: { click: () => this.#refresh(signal, true) } }, words.retry)] : []));
    problem.classList.toggle('bad', error?.code !== 'not_admin');
    problem.hidden = false;
    body.hidden = true;
    this.dispatchEvent(new CustomEvent('refused', { bubbles: true, composed: true, detail: { code: error?.code ?? 'unknown' } }));
  }

  /** By who has access, not by uses: an invite that is used up is no longer in the list. */
  #announceNewMembers(people, first) {
    for (const { user, permissions } of people) {
      const id = `${user.username}:${user.provider}`;
      if (!first && !this.#known.has(id)) this.#parts.announce.say(words.members.joinedAloud(nameOf(user), permissions));
      this.#known.add(id);
    }
  }

  async #create(options) {
    const { link, announce } = this.#parts;
    const invite = await this.#invites.create(options, this.#resource);
    const { signal } = this.#stop;
    link.show(await this.#linkOf(invite), words.link.ready(invite));
    this.#shownLink = identityOf(invite);
    announce.say(words.create.created);
    link.focus();
    await this.#refresh(signal);
  }

  #linkOf(invite) {
    const page = this.getAttribute('page');
    return this.#invites.link(invite, page ? { page: new URL(page, location.href).href } : {});
  }

  async #copy(invite) {
    const { announce, link } = this.#parts;
    try {
      const text = await this.#linkOf(invite);
      if (await copyText(text)) {
        announce.say(words.link.copiedAloud);
        return true;
      }
      link.show(text, words.link.byHand);
      this.#shownLink = identityOf(invite);
      this.shadowRoot.getElementById('link').focus();
    } catch (error) {
      announce.say(failure(error).title);
    }
    return false;
  }

  async #revoke(invite, button) {
    const { dialog, announce, list, link, listHeading } = this.#parts;
    if (!await dialog.ask()) {
      button.focus();
      return;
    }
    try {
      await this.#invites.remove(invite, this.#resource);
      announce.say(words.revoke.done);
    } catch (error) {
      announce.say(failure(error).title);
      if (error?.code !== 'cannot_remove') {
        this.#showProblem(error, this.#stop.signal);
        return;
      }
    }
    if (this.#shownLink === identityOf(invite)) link.hide();
    list.forget(identityOf(invite));
    // Its row and button are gone: the nearest thing that stays.
    listHeading.focus();
    await this.#refresh(this.#stop.signal);
  }
}

customElements.define('invite-manager', InviteManager);
