// What `acceptPending` does once something waits: loaded where an invite was captured.
import { InviteError, within } from './index.js';
import { ending, reasonOf } from './request.js';

const { forget, read, waits } = within;

const LETTERS = { a: 'admin', r: 'read', w: 'write' };

/** What is being accepted by each server. */
const underWay = new WeakMap();

/**
 * Accepts what waits: once, however many ask for it. `home` is the connection from within; the call was made when it `began`.
 */
export async function accept(home, began, policy, call) {
  const record = read();
  if (!record) return null;
  let accepting = underWay.get(home.server);
  if (accepting?.record.capturedAt !== record.capturedAt) {
    if (!accepting?.isDecided) accepting?.end();
    accepting = new Accepting(home, record);
    underWay.set(home.server, accepting);
  }
  return accepting.join(began, policy, call);
}

/** The core's question. Its answer is `true`, `false` or the promise of one. */
export const ask = (server, preview) => underWay.get(server)?.ask(preview) ?? confirmed(preview);

/** Why a question has no answer: the core says only that it failed. */
const unanswered = new WeakSet();

/** A yes or a no. What is neither was perhaps not meant as either. */
function verdict(answer) {
  if (typeof answer === 'boolean') return answer;
  const kind = answer === null ? 'null' : typeof answer;
  const error = new InviteError('invalid_option', `The policy must answer true or false, or a promise of one: it answered ${kind}.`, { field: 'policy' });
  unanswered.add(error);
  throw error;
}

/** Settles when nothing is being accepted, unless somebody has still to decide: that may take for ever. */
export const settled = (home) => underWay.get(home.server)?.settled();

/** The signal of a call; nothing where there is none. */
function signalOf(call) {
  try {
    return typeof call.signal.aborted === 'boolean' ? call.signal : undefined;
  } catch {
    return undefined;
  }
}

/** The call options with another signal. What is wrong with them stays, for the core to refuse. */
function withSignal(call, signal) {
  try {
    const isRead = call == null || (typeof call === 'object' && !Array.isArray(call) && (call.signal == null || signalOf(call)));
    return isRead ? { ...call, signal } : call;
  } catch {
    return call;
  }
}

/** The preview as its type says: what a server does not say may be everything. */
const told = (preview) => ({ ...preview, gained: preview.gained ?? preview.permissions });

/** The question of the policy `confirm`; a page asks better by passing a function. */
async function confirmed(preview) {
  const { inviter, title, resource, gained, account } = told(preview);
  const who = inviter?.displayName || inviter?.username || 'Someone';
  const what = [...gained].map((letter) => LETTERS[letter]).join(', ');
  const words = `${who} invites you to ${title || resource} (${what}). Accept as ${account?.displayName || account?.username}?`;
  return globalThis.confirm ? verdict(await globalThis.confirm(words)) : false;
}

/**
 * One invite on its way. Each that asks for it has a call of its own, with its deadline, signal and policy; the first answer
 * counts for all of them, and so does what the server says of the invite.
 */
class Accepting {
  #home;
  #calls = new Set();
  #settle;
  #outcome = new Promise((...ends) => { this.#settle = ends; });
  #isOver = false;
  #decide;
  #decision = new Promise((resolve) => { this.#decide = resolve; });
  isDecided = false;
  /** The browser's question is put once, and not where a page's own policy is there to answer. */
  #confirmed;
  #page = new AbortController();

  constructor(home, record) {
    this.#home = home;
    this.record = record;
  }

  async join(began, policy, options) {
    const call = { policy: typeof policy === 'function' && policy, stop: new AbortController() };
    const signal = signalOf(options);
    this.#calls.add(call);
    call.answer = this.#accept(call, began, policy, options);
    try {
      return await ending(Promise.race([this.#outcome, call.answer]), signal);
    } catch (error) {
      throw signal?.aborted ? new InviteError('aborted', 'The call was aborted.', { cause: reasonOf(signal) }) : error;
    } finally {
      this.#leave(call);
    }
  }

  async #accept(call, began, policy, options) {
    const { server, send, emit } = this.#home;
    const { key, resource } = this.record;
    const { signal } = call.stop;
    const decides = call.policy ? (preview) => this.#answered(() => call.policy(told(preview)), signal) : policy;
    try {
      const outcome = await server.sendSince(began, 'acceptInvite', key, resource, decides, withSignal(options, signal));
      if (outcome) forget(this.record);
      this.#end(0, outcome);
      return outcome;
    } catch (thrown) {
      const error = unanswered.has(thrown?.cause) ? thrown.cause : thrown;
      const aborted = signal.aborted || (error !== thrown && error.code === 'aborted');
      if (aborted && !waits(this.record)) return null;
      if (error.final) forget(this.record);
      // What is the call's own is told of where no other goes on.
      const tells = !aborted && !this.#isOver && (error.final || this.#calls.size === 1);
      this.#isOver ||= Boolean(error.final);
      // Whoever has the wrong account wants to know which.
      if (error.code === 'wrong_account') error.account = await send('identify').catch(() => null);
      if (tells) emit('inviterejected', { code: error.code });
      if (error.final) this.#end(1, error);
      throw error;
    }
  }

  /** It is over for all that wait. */
  #end(how, value) {
    this.#isOver = true;
    this.#settle[how](value);
    this.#forget();
  }

  #forget() {
    if (underWay.get(this.#home.server) === this) underWay.delete(this.#home.server);
  }

  end() {
    for (const { stop } of this.#calls) stop.abort();
  }

  /** Once no call goes on that does not wait for a person. */
  async settled() {
    if (this.isDecided || !this.#hasPolicies) await Promise.allSettled([...this.#calls].map(({ answer }) => answer));
  }

  get #hasPolicies() { return [...this.#calls].some(({ policy }) => policy); }

  #leave(call) {
    this.#calls.delete(call);
    call.stop.abort();
    // As when the element that asked was taken off the page.
    if (call.policy && !this.#hasPolicies) {
      const error = new InviteError('aborted', 'Whoever was asked about this invite has gone.');
      unanswered.add(error);
      this.#page.abort(error);
      this.#page = new AbortController();
    }
    if (!this.#calls.size) this.#forget();
  }

  /** The core's question where a call has no policy of its own. */
  ask(preview) {
    if (this.#hasPolicies && !this.isDecided) return ending(this.#answered(() => new Promise(() => {})), this.#page.signal);
    this.#confirmed ??= this.#answered(() => confirmed(preview));
    return this.#confirmed;
  }

  /** What was decided; by this question, where it is answered first and still wanted. */
  async #answered(ask, signal) {
    const answer = this.isDecided ? await this.#decision : verdict(await Promise.race([this.#decision, ask()]));
    if (!signal?.aborted) {
      this.isDecided = true;
      this.#decide(answer);
    }
    // What no longer waits was accepted by another tab, which has told so.
    return answer && waits(this.record);
  }
}
