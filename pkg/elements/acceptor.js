// <invite-acceptor>: who invites you to what, what you would gain, as whom, Accept or Not now.
// It never sees the key: `invites.acceptPending(policy)` holds it and asks us for the decision.
// How to sign in is the page's business: it fills the slot "sign-in", or says where in the attribute of that name.
import { addressIn, announcer, avatar, create, define, icon, nameOf, needConnection, upgrade } from './dom.js';
import { styles } from './styles.js';
import { serverClock } from './time.js';
import { wordsFor } from './words.js';

const ACCEPTOR_STYLES = `
.ticket { position: relative; max-width: 30rem; margin-inline: auto; background: var(--surface); border: 1px solid var(--line); border-radius: calc(var(--radius) + 4px);
  overflow: clip; overflow-clip-margin: 1px; }
.head, .foot { padding: 1.75rem 1.5rem; }
.head { display: grid; gap: 0.75rem; justify-items: center; text-align: center; }
.head .avatar { width: 3.25rem; height: 3.25rem; font-size: 1.375rem; }
.head h1 { font-size: clamp(1.5rem, 6cqi, 2rem); line-height: 1.15; letter-spacing: -0.02em; font-weight: 700; overflow-wrap: anywhere; }
.tear { position: relative; border-block-start: 2px dashed color-mix(in oklab, var(--line), var(--control)); margin-inline: 1.25rem; }
.tear::before, .tear::after { content: ""; position: absolute; top: -0.6875rem; width: 1.25rem; height: 1.25rem; border-radius: 50%;
  background: var(--page); border: 1px solid var(--line); clip-path: inset(-1px -1px -1px 50%); }
.tear::before { left: calc(-1.25rem - 0.6875rem); }
.tear::after { right: calc(-1.25rem - 0.6875rem); clip-path: inset(-1px 50% -1px -1px); }
.foot { display: grid; gap: 1.25rem; }
.gains { display: grid; gap: 0.5rem; margin-block-start: 0.5rem; }
.gains li { display: flex; gap: 0.625rem; align-items: flex-start; line-height: 1.4; }
.gains .icon { color: var(--accent); margin-block-start: 0.125em; stroke-width: 2.25; }
.account { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem 0.75rem; padding: 0.75rem; border-radius: 10px; background: var(--sunken); }
.account .plain { padding-inline: 0.25rem; }
.account div { flex: 1; min-width: 8rem; line-height: 1.3; overflow-wrap: anywhere; }
.decide { display: grid; gap: 0.5rem; grid-template-columns: 2fr 1fr; }
.badge { display: grid; place-items: center; width: 3.25rem; height: 3.25rem; border-radius: 50%; border: 1px solid transparent; background: var(--accent-soft); color: var(--accent); font-size: 1.5rem; }
.badge.bad { background: var(--danger-soft); color: var(--danger); }
@container (max-width: 26rem) { .account .plain { margin-inline-start: 2.5rem; } }
@container (max-width: 22rem) { .decide { grid-template-columns: 1fr; } .head, .foot { padding-inline: 1rem; } }
@media (forced-colors: active) { .tear::before, .tear::after { display: none; } .badge { border-color: CanvasText; } .gains .icon { color: CanvasText; } }
`;

export class InviteAcceptor extends HTMLElement {
  #invites;
  #ticket;
  #announce = announcer();
  /** Ends what is shown and asked, where something is. */
  #asking;
  /** Somebody has said yes, and that goes on. */
  #saidYes = false;
  #title = '';
  #words;
  #stop;
  #undecided;
  #acceptedElsewhere;
  #shownSince;
  /** Why what was given for a connection is none. */
  #refused;

  /** The connection whose `pending` invite is shown. */
  get invites() { return this.#invites; }
  set invites(value) {
    this.#invites = value;
    this.#refused = undefined;
    try {
      if (value) needConnection(value, 'acceptPending', 'addEventListener');
    } catch (error) {
      this.#refused = error;
    }
    this.#listen();
    this.#restart();
  }

  connectedCallback() {
    upgrade(this, 'invites');
    this.#build().then(() => {
      this.#listen();
      this.#run();
    });
  }

  async #build() {
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: 'open' });
    this.#words = await wordsFor(this);
    root.adoptedStyleSheets = styles(ACCEPTOR_STYLES);
    this.#ticket = create('article', { class: 'ticket', part: 'ticket', lang: this.#words.lang });
    root.append(this.#ticket, this.#announce.node);
  }

  disconnectedCallback() {
    this.#stop?.abort();
    // Nobody can decide here any more. An element that was only moved is back by then.
    queueMicrotask(() => {
      if (!this.isConnected && !this.#saidYes) this.#end();
    });
  }

  #end() {
    if (!this.#saidYes) this.#asking?.abort();
    this.#asking = undefined;
  }

  #restart() {
    this.#end();
    this.#run();
  }

  #listen() {
    this.#stop?.abort();
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    if (!this.isConnected || !this.#invites || this.#refused) return;
    // A second link, opened in this very tab, takes the place of the first.
    this.#invites.addEventListener('invitecaptured', ({ detail }) => {
      if (detail.capturedAt !== this.#shownSince) this.#restart();
    }, { signal });
    // Another tab was quicker: what is asked here has been answered there.
    this.#invites.addEventListener('inviteaccepted', ({ detail }) => {
      this.#acceptedElsewhere = detail;
      this.#undecided?.(false);
    }, { signal });
  }

  async #run() {
    if (!this.isConnected || !this.#invites || !this.#ticket || this.#asking) return;
    if (this.#refused) {
      this.#ticket.hidden = false;
      this.#showFailure(this.#refused);
      return;
    }
    this.#ticket.hidden = !this.#invites.pending;
    if (this.#ticket.hidden) return;
    const asking = this.#asking = new AbortController();
    this.#saidYes = false;
    this.#shownSince = this.#invites.pending.capturedAt;
    this.#acceptedElsewhere = undefined;
    this.#show(create('div', { class: 'head' }, create('p', { class: 'muted' }, this.#words.looking)));
    const { signal } = asking;
    const answer = this.#invites.acceptPending((preview) => this.#decide(preview, signal), { signal });
    const show = await answer.then(
      (outcome) => () => this.#showOutcome(outcome ?? this.#acceptedElsewhere),
      (error) => () => this.#showFailure(error),
    );
    if (this.#asking !== asking) return;
    this.#asking = undefined;
    this.#saidYes = false;
    show();
  }

  #showOutcome(outcome) {
    if (outcome) this.#showAccepted(outcome);
    else this.#showDeclined();
  }

  /** Shows the invite; settles when somebody decides. Signed out it waits: signing in leaves the page. */
  #decide(preview, signal) {
    if (this.#acceptedElsewhere || signal.aborted) return false;
    const words = this.#words;
    const clock = serverClock();
    clock.learn([{ status: 'pending', ...preview }]);
    this.#title = preview.title || preview.resource;
    const inviter = nameOf(preview.inviter) || words.somebody;
    const heading = create('h1', { tabindex: '-1' }, this.#title);
    const head = create('header', { class: 'head' },
      avatar(inviter),
      create('p', {}, words.fill(words.invites, inviter)),
      heading,
      create('p', { class: 'row' },
        create('span', { class: 'chip', 'data-letters': preview.permissions }, words.permissionName(preview.permissions)),
        create('span', { class: 'chip' }, icon('clock'), words.timeLeft(clock.until(preview.expiresAt), preview.expiresAt))));
    const foot = create('div', { class: 'foot' });
    return new Promise((settle) => {
      const resolve = this.#undecided = (answer) => {
        this.#undecided = undefined;
        this.#saidYes = answer;
        settle(answer);
      };
      foot.append(...(preview.account ? this.#signedIn(preview, resolve) : this.#signedOut(preview)));
      this.#show(head, create('div', { class: 'tear' }), foot);
      this.#announce.say(`${words.fill(words.invites, inviter)} ${this.#title}`);
    });
  }

  #gains(letters, heading) {
    return create('section', {}, create('h2', { class: 'small' }, heading),
      create('ul', { class: 'gains' }, ...this.#words.abilities(letters).map((sentence) => create('li', {}, icon('check'), create('span', {}, sentence)))));
  }

  #signedOut(preview) {
    const words = this.#words;
    this.dispatchEvent(new CustomEvent('signinneeded', { bubbles: true, composed: true }));
    return [
      this.#gains(preview.permissions, words.gain),
      create('section', { class: 'stack' }, create('p', {}, words.signInFirst), this.#signInSlot()),
    ];
  }

  /** The page's own way to sign in, else a link to where its attribute says. */
  #signInSlot() {
    let address, back;
    try {
      address = addressIn(this, 'sign-in');
      back = new URL(this.#invites.pending?.continueUrl || location.href);
    } catch (error) {
      // For who made the page: nobody who reads it can do anything about that.
      console.warn(error.message);
      address = undefined;
    }
    if (!address) return create('slot', { name: 'sign-in' });
    // Sign-in pages of the same site often take paths only.
    address.searchParams.set('continue', address.origin === back.origin ? back.pathname + back.search + back.hash : back.href);
    return create('slot', { name: 'sign-in' }, create('a', { class: 'button primary', href: address.href, part: 'sign-in' }, this.#words.signIn));
  }

  #signedIn(preview, resolve) {
    const words = this.#words;
    const { account, gained, permissions } = preview;
    const signIn = create('div', { hidden: true, id: 'sign-in' }, this.#signInSlot());
    const other = create('button', {
      type: 'button', class: 'plain', 'aria-expanded': 'false', 'aria-controls': 'sign-in',
      on: { click() {
        signIn.hidden = !signIn.hidden;
        other.setAttribute('aria-expanded', String(!signIn.hidden));
      } },
    }, words.other);
    const accept = create('button', {
      type: 'button', class: 'primary', part: 'accept',
      on: { click() {
        accept.setAttribute('aria-disabled', 'true');
        later.disabled = true;
        accept.textContent = words.accepting;
        resolve(true);
      } },
    }, gained ? words.accept : words.goOn);
    const later = create('button', { type: 'button', part: 'later', on: { click: () => resolve(false) } }, words.later);
    return [
      gained
        ? this.#gains(gained, gained.length < permissions.length ? words.gainMore : words.gain)
        : create('p', { class: 'notice' }, words.nothing),
      create('div', { class: 'stack' },
        create('div', { class: 'account' },
          avatar(nameOf(account)),
          create('div', {}, create('span', { class: 'muted small' }, words.account), create('br'), create('strong', {}, nameOf(account))),
          other),
        signIn),
      create('div', { class: 'decide' }, accept, later),
    ];
  }

  #showAccepted({ resource, permissions, already, gained }) {
    const words = this.#words;
    const title = this.#title || resource;
    const event = new CustomEvent('accepted', { bubbles: true, composed: true, cancelable: true, detail: { resource, permissions, gained, already } });
    this.#result('check', words.fill(words.in, title), already ? words.already : words.fill(words.have, words.permissionName(permissions)));
    this.dispatchEvent(event);
  }

  #showDeclined() {
    this.#result('clock', this.#words.declined, this.#words.declinedText);
    this.dispatchEvent(new CustomEvent('declined', { bubbles: true, composed: true }));
  }

  #showFailure(error) {
    const words = this.#words;
    const { title, text, retry } = words.failure(error);
    // While the invite is still pending another try, or another account, can succeed.
    const signedOut = error?.code === 'not_signed_in';
    const again = this.#invites.pending && (retry || signedOut);
    this.#result('warning', title, text,
      error?.account && create('p', { class: 'muted' }, `${words.account} ${nameOf(error.account)}.`),
      again && create('button', { type: 'button', class: 'primary', on: { click: () => this.#restart() } }, words.retry),
      (signedOut || error?.code === 'wrong_account') && this.#signInSlot());
    this.dispatchEvent(new CustomEvent('rejected', { bubbles: true, composed: true, detail: { code: error?.code ?? 'unknown' } }));
  }

  #result(name, title, text, ...more) {
    const heading = create('h1', { tabindex: '-1' }, title);
    this.#show(create('div', { class: 'head' },
      create('span', { class: name === 'warning' ? 'badge bad' : 'badge' }, icon(name)),
      heading, create('p', {}, text), ...more, create('slot', { name: 'next' })));
    this.#announce.say(`${title}. ${text}`);
    heading.focus();
  }

  #show(...content) {
    this.#ticket.replaceChildren(...content);
  }
}

define('invite-acceptor', InviteAcceptor);
