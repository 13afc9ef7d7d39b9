// <invite-manager resource="notes">: create, copy, share, watch and revoke invites; who has access; what happened lately.
// Give it a connection through its `invites` property; it knows no server, no path and no sign-in.
import { activityList } from './activity-list.js';
import { createForm } from './create-form.js';
import { askDialog } from './dialog.js';
import { addressIn, announcer, create, define, nameOf, needConnection, upgrade } from './dom.js';
import { identityOf, inviteList, isUnmailed } from './invite-list.js';
import { copyText, linkField } from './link-field.js';
import { MANAGER_STYLES } from './manager-styles.js';
import { memberList, personId } from './member-list.js';
import { removeDialog } from './remove-dialog.js';
import { styles } from './styles.js';
import { serverClock } from './time.js';
import { wordsFor } from './words.js';

// How often the list looks for what is new while somebody looks at it. A server that tells of it is asked all the same,
// in case something was lost on the way.
const REFRESH_EVERY = 4000;
const REFRESH_TOLD = 30_000;
/** So many people are shown; the others are looked for by name. */
const SHOWN = 100;
/** Among so many of the latest invites is what happened lately. */
const LATEST = 20;

export class InviteManager extends HTMLElement {
  static observedAttributes = ['resource'];

  #invites;
  #me = null;
  #words;
  #parts;
  #stop = null;
  /** Who was in the list before; nothing until there was one. */
  #known;
  /** Whose mail had failed before; nothing until there was a list. */
  #unmailed;
  /** How often it was looked, and which look is shown. */
  #looks = 0;
  #shown = 0;
  #shownLink;
  #seen;
  #now;
  #listening;
  #own;
  #clock = serverClock();
  #q = '';
  #removable = false;

  /** The connection: `invites`, or what `connect({ resource })` gives. */
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
    upgrade(this, 'invites', 'me');
    this.#build().then(() => this.#start());
  }

  disconnectedCallback() {
    this.#stop?.abort();
    this.#stop = null;
    this.#parts?.dialog.cancel();
    this.#parts?.removal.cancel();
  }

  attributeChangedCallback(_, before, now) {
    if (before === now) return;
    // A link that was made for something else.
    this.#parts?.link.hide();
    if (this.isConnected) this.#start();
  }

  async #build() {
    if (this.#parts || this.shadowRoot) return;
    const root = this.attachShadow({ mode: 'open' });
    const words = this.#words = await wordsFor(this);
    root.adoptedStyleSheets = styles(MANAGER_STYLES);
    const announce = announcer();
    const form = createForm({ words, onCreate: (options) => this.#create(options) });
    const link = linkField({ words, say: announce.say });
    const list = inviteList({ words, clock: this.#clock, onCopy: (invite) => this.#copy(invite), onRevoke: (invite, button) => this.#revoke(invite, button) });
    const members = memberList({ words, onRemove: (member, button) => this.#remove(member, button), onSearch: (text) => this.#search(text) });
    const activity = activityList(words, this.#clock);
    const dialog = askDialog('revoke', { no: words.revokeNo, yes: words.revokeYes }, create('p', {}, words.revokeText));
    const removal = removeDialog(words, this.#clock);
    const problem = create('div', { class: 'notice bad', role: 'alert', hidden: true });
    const card = (name, heading, ...content) => create('section', { class: 'card stack', part: `card ${name}-card`, 'aria-labelledby': `${name}-heading` },
      create('h2', { id: `${name}-heading`, tabindex: '-1' }, heading), ...content);
    const createCard = card('create', words.create, create('div', {}, form.node, link.node));
    const listCard = card('list', words.open, list.node);
    const membersCard = card('members', words.members, members.node);
    const activityCard = card('activity', words.activity, activity.node);
    membersCard.hidden = activityCard.hidden = true;
    const body = create('div', { class: 'manager' }, createCard, listCard, membersCard, activityCard);
    root.append(create('div', { lang: words.lang }, problem, body, dialog.node, removal.node, announce.node));
    const heading = (name) => root.getElementById(`${name}-heading`);
    this.#parts = { announce, form, link, list, members, activity, dialog, removal, problem, body, membersCard, activityCard, listHeading: heading('list'), membersHeading: heading('members') };
  }

  #start() {
    if (!this.isConnected || !this.#parts) return;
    this.#parts.body.hidden = !this.#invites;
    if (!this.#invites) return;
    this.#stop?.abort();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#known = undefined;
    this.#unmailed = undefined;
    this.#seen = undefined;
    try {
      needConnection(this.#invites, 'list', 'supports');
      this.#watch(signal);
    } catch (error) {
      this.#showProblem(error, signal);
    }
  }

  get #resource() { return this.getAttribute('resource') || undefined; }

  /** As it is now: what begins there goes on there, whatever the page says meanwhile. */
  get #place() { return { invites: this.#invites, resource: this.#resource }; }

  /** Whether that is the connection's own, of which alone a server tells what happens. */
  async #isOwn() {
    const resource = this.#resource;
    if (!resource) return true;
    const { within } = await import('../index.js').catch(() => ({}));
    return within?.homes.get(this.#invites)?.server.options?.resource === resource;
  }

  async #watch(signal) {
    const { form } = this.#parts;
    let running = false;
    let again = false;
    const now = async () => {
      again = running;
      if (running || document.visibilityState !== 'visible') return;
      running = true;
      await this.#refresh(signal);
      running = false;
      if (again) now();
    };
    this.#now = now;
    document.addEventListener('visibilitychange', now, { signal });
    addEventListener('focus', now, { signal });
    const own = this.#own = await this.#isOwn();
    if (signal.aborted) return;
    await this.#refresh(signal, true);
    const told = own && await this.#supports('events');
    if (signal.aborted) return;
    const timer = setInterval(now, told ? REFRESH_TOLD : REFRESH_EVERY);
    // What happened after the first look and before the server began to tell is told by nobody.
    const soon = told && setTimeout(now, REFRESH_EVERY);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      clearTimeout(soon);
    }, { once: true });
    const limited = await this.#supports('maxUses');
    if (!signal.aborted) form.allowMaxUses(limited);
  }

  /** From the first list that we get: who may not see it is not told either. */
  #listen(signal) {
    if (this.#listening === signal) return;
    this.#listening = signal;
    for (const type of ['invitecreated', 'inviteremoved', ...(this.#own ? ['inviteused', 'inviteunmailed'] : [])]) this.#invites.addEventListener?.(type, this.#now, { signal });
  }

  async #supports(feature) {
    return this.#invites.supports(feature).catch(() => false);
  }

  async #refresh(signal, first = false) {
    const { list, members, problem, body, membersCard } = this.#parts;
    const look = this.#looks += 1;
    // What comes late is not as new as what is shown.
    const isOld = () => signal.aborted || look < this.#shown;
    try {
      const asked = this.#members(signal);
      asked.catch(() => {}); // who may neither list nor see the members is told of the list, whichever is refused first
      const found = await this.#list(signal, { status: 'pending' });
      const people = await asked;
      if (isOld()) return;
      this.#shown = look;
      this.#listen(signal);
      list.update(found);
      this.#announceUnmailed(found);
      list.setStale(false);
      membersCard.hidden = people === null;
      if (people) {
        const more = people.length > SHOWN;
        people.splice(SHOWN);
        members.update(people, { me: this.#me, more, removable: this.#removable });
        // Who is merely found has not just come.
        if (!this.#q) this.#announceNewMembers(people);
      }
      problem.hidden = true;
      body.hidden = false;
      await this.#refreshActivity(signal, JSON.stringify([found.map(({ id, uses }) => [id, uses]), people]));
    } catch (error) {
      if (isOld() || error?.code === 'aborted') return;
      // What is on the page stays useful while the server is away; a refusal makes it untrue.
      if (error?.retryable && !first) list.setStale(true);
      else this.#showProblem(error, signal);
    }
  }

  /** Asks only when something has changed. A server that does not tell who used an invite has no activity to show. */
  async #refreshActivity(signal, seen) {
    const { activity, activityCard } = this.#parts;
    if (seen === this.#seen) return;
    const latest = await this.#list(signal, { pageSize: LATEST }, LATEST);
    const revoked = await this.#list(signal, { pageSize: LATEST, status: 'removed' }, LATEST).catch(() => []);
    if (signal.aborted) return;
    this.#seen = seen;
    activityCard.hidden = !activity.update([...latest, ...revoked].filter(({ accepted }) => accepted));
  }

  async #list(signal, filter, most = Infinity) {
    const found = [];
    for await (const invite of this.#invites.list({ resource: this.#resource, ...filter }, { signal })) {
      if (found.push(invite) >= most) break;
    }
    this.#clock.learn(found);
    return found;
  }

  /** As many as are shown, and one more where there is one. */
  async #members(signal) {
    if (!await this.#supports('members')) return null;
    this.#removable = await this.#supports('setMember');
    const found = [];
    const q = this.#q || undefined;
    for await (const member of this.#invites.members({ resource: this.#resource, pageSize: SHOWN, q }, { signal })) {
      if (found.push(member) > SHOWN) break;
    }
    return found;
  }

  #search(text) {
    this.#q = text;
    this.#now?.();
  }

  #showProblem(error, signal) {
    const { problem, body } = this.#parts;
    const { title, text, retry } = this.#words.failure(error);
    const notAdmin = error?.code === 'not_admin';
    problem.replaceChildren(...(notAdmin ? [] : [create('strong', {}, title)]), create('p', {}, notAdmin ? this.#words.notAdmin : text),
      ...(retry ? [create('button', { type: 'button', on: { click: () => this.#refresh(signal, true) } }, this.#words.retry)] : []));
    problem.classList.toggle('bad', !notAdmin);
    problem.hidden = false;
    body.hidden = true;
    this.#tell('refused', { code: error?.code ?? 'unknown' });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { bubbles: true, composed: true, detail }));
  }

  /** By who has access, not by uses: an invite that is used up is no longer in the list. */
  #announceNewMembers(people) {
    const { fill, joinedAloud, permissionName } = this.#words;
    for (const { user, permissions } of people) {
      if (this.#known && !this.#known.has(personId(user))) this.#parts.announce.say(fill(joinedAloud, nameOf(user), permissionName(permissions)));
    }
    this.#known = new Set(people.map(({ user }) => personId(user)));
  }

  #announceUnmailed(found) {
    const { fill, unmailed, sendYourself } = this.#words;
    const failed = found.filter(isUnmailed);
    for (const invite of failed) {
      if (this.#unmailed && !this.#unmailed.has(identityOf(invite))) this.#parts.announce.say(`${fill(unmailed, invite.email)} ${sendYourself}`);
    }
    this.#unmailed = new Set(failed.map(identityOf));
  }

  async #create(options) {
    const { link, announce } = this.#parts;
    const words = this.#words;
    const { invites, resource } = this.#place;
    addressIn(this, 'page'); // throws before anything is made
    const invite = await invites.create(options, resource);
    // Some servers mail the link and never show it.
    const text = await this.#linkOf(invite, invites).catch((error) => {
      if (error?.code !== 'unsupported') throw error;
    });
    if (text) {
      link.show(text, words.fill(words.ready, words.permissionName(invite.permissions)));
      this.#shownLink = identityOf(invite);
      link.focus();
    }
    announce.say(text ? words.created : words.sent);
    this.#tell('created', { id: invite.id, permissions: invite.permissions, expiresAt: invite.expiresAt });
    await this.#look();
  }

  /** After something was done here. The element may be off the page by then, and looks again when it is back. */
  async #look() {
    if (this.#stop) await this.#refresh(this.#stop.signal);
  }

  async #linkOf(invite, invites = this.#invites) {
    const page = addressIn(this, 'page')?.href;
    return invites.link(invite, page ? { page } : {});
  }

  async #copy(invite) {
    const { announce, link } = this.#parts;
    try {
      const text = await this.#linkOf(invite);
      if (await copyText(text)) {
        announce.say(this.#words.copiedAloud);
        return true;
      }
      link.show(text, this.#words.byHand);
      this.#shownLink = identityOf(invite);
      link.select();
    } catch (error) {
      announce.say(this.#words.failure(error).title);
    }
    return false;
  }

  async #revoke(invite, button) {
    const { dialog, announce, list, link, listHeading } = this.#parts;
    const { invites, resource } = this.#place;
    if (!await dialog.ask(this.#words.revokeAsk)) {
      button.focus();
      return;
    }
    try {
      await invites.remove(invite, resource);
      announce.say(this.#words.revoked);
      this.#tell('revoked', { id: invite.id });
    } catch (error) {
      announce.say(this.#words.failure(error).title);
      if (error?.code !== 'cannot_remove') {
        if (this.#stop) this.#showProblem(error, this.#stop.signal);
        return;
      }
    }
    if (this.#shownLink === identityOf(invite)) link.hide();
    list.forget(identityOf(invite));
    // Its row and button are gone: the nearest thing that stays.
    listHeading.focus();
    await this.#look();
  }

  /** Says first which links would let them back in, and ends those in the same step where that is wanted. */
  async #remove({ user }, button) {
    const { removal, announce, members, membersHeading } = this.#parts;
    const { fill, removedAloud, endedAloud, stillOpen, failure } = this.#words;
    const { invites, resource } = this.#place;
    if (button.ariaDisabled === 'true') return;
    button.ariaDisabled = 'true';
    members.fail();
    try {
      const seen = await invites.member(user, resource, { links: 'tell' });
      // A question lets nobody press, and is over before its answer is here.
      button.ariaDisabled = null;
      // Gone meanwhile, there is nobody to ask about.
      const links = seen && await removal.ask(user, seen.links);
      if (seen && !links) {
        button.focus();
        return;
      }
      button.ariaDisabled = 'true';
      const { links: left } = await invites.setMember(user, '', resource, { links: links ?? 'tell' });
      announce.say(`${fill(removedAloud, nameOf(user))} ${left?.total ? (left.ended ? endedAloud : stillOpen) : ''}`);
      this.#tell('memberremoved', { user, linksEnded: left?.ended ? left.total : 0 });
    } catch (error) {
      const { title, text } = failure(error);
      members.fail(`${title}. ${text}`);
      button.focus();
      return;
    } finally {
      button.ariaDisabled = null;
    }
    // The row and its button are going: the nearest thing that stays.
    membersHeading.focus();
    await this.#look();
  }
}

define('invite-manager', InviteManager);
