// What `acceptPending` does once something waits: loaded where an invite was captured.
import { within } from './index.js';
import { ending, reasonOf } from './request.js';

const { forget, read, waits } = within;

const LETTERS = { a: 'admin', r: 'read', w: 'write' };

/** What is being accepted by each server. */
const underWay = new WeakMap();

/** Accepts what waits: once, however many ask for it. `home` is the connection from within; the call was made when it `began`. */
export async function accept(home, began, policy, call) {
  const record = read();
  if (!record) return null;
  const { server } = home;
  let accepting = underWay.get(server);
  if (!accepting || accepting.hasEnded || accepting.record.capturedAt !== record.capturedAt) {
    if (!accepting?.isDecided) accepting?.end();
    accepting = new Accepting(home, record, began, policy, call);
    underWay.set(server, accepting);
    const done = () => underWay.get(server) === accepting && underWay.delete(server);
    accepting.outcome.then(done, done);
  }
  return accepting.join(policy, signalOf(call));
}

/** The core's question. Its answer is `true`, `false` or the promise of one. */
export const ask = (home, preview) => underWay.get(home.server)?.ask(preview) ?? confirmed(home, preview);

/** Answers that were none: the core says only that its question failed. */
const nonsense = new WeakSet();

/** A yes or a no. What is neither was perhaps not meant as either. */
function verdict(home, answer) {
  if (typeof answer === 'boolean') return answer;
  const kind = answer === null ? 'null' : typeof answer;
  const error = home.error('invalid_option', `The policy must answer true or false, or a promise of one: it answered ${kind}.`, { field: 'policy' });
  nonsense.add(error);
  throw error;
}

/** Settles when nothing is being accepted, unless somebody has still to decide: that may take for ever. */
export async function settled(home) {
  const accepting = underWay.get(home.server);
  if (!accepting?.needsPage) await accepting?.outcome.catch(() => {});
}

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
async function confirmed(home, preview) {
  const { inviter, title, resource, gained, account } = told(preview);
  const who = inviter?.displayName || inviter?.username || 'Someone';
  const what = [...gained].map((letter) => LETTERS[letter]).join(', ');
  const words = `${who} invites you to ${title || resource} (${what}). Accept as ${account?.displayName || account?.username}?`;
  return globalThis.confirm ? verdict(home, await globalThis.confirm(words)) : false;
}

/**
 * One invite on its way. Whoever asks for it meanwhile joins; a policy of theirs is asked, too, and the first answer counts.
 * It ends when nobody is left who could answer, as when the element that asked was taken off the page.
 */
class Accepting {
  #home;
  #stop = new AbortController();
  #askers = new Set();
  /** Nobody but a page's own policy can answer, and none has. */
  needsPage;
  #question;
  isDecided = false;

  constructor(home, record, began, policy, call) {
    this.#home = home;
    this.record = record;
    this.needsPage = typeof policy === 'function';
    this.outcome = this.#run(began, this.needsPage ? (preview) => this.ask(preview) : policy, withSignal(call, this.#stop.signal));
  }

  async #run(began, policy, call) {
    const { server, send, emit } = this.#home;
    const { key, resource } = this.record;
    try {
      const outcome = await server.sendSince(began, 'acceptInvite', key, resource, policy, call);
      if (outcome) forget(this.record);
      return outcome;
    } catch (thrown) {
      const error = nonsense.has(thrown?.cause) ? thrown.cause : thrown;
      const { aborted } = this.#stop.signal;
      if (aborted && !waits(this.record)) return null;
      if (error.final) forget(this.record);
      // Whoever has the wrong account wants to know which.
      if (error.code === 'wrong_account') error.account = await send('identify').catch(() => null);
      if (!aborted) emit('inviterejected', { code: error.code });
      throw error;
    }
  }

  get hasEnded() { return this.#stop.signal.aborted; }

  end() { this.#stop.abort(); }

  async join(policy, signal) {
    const asker = { policy: typeof policy === 'function' && policy };
    this.#askers.add(asker);
    if (this.#question) this.#put(asker);
    try {
      return await ending(this.outcome, signal);
    } catch (error) {
      throw signal?.aborted ? this.#home.error('aborted', 'The call was aborted.', { cause: reasonOf(signal) }) : error;
    } finally {
      this.#leave(asker);
    }
  }

  #leave(asker) {
    this.#askers.delete(asker);
    if (!this.#askers.size || (this.needsPage && !this.#policies.length)) this.end();
  }

  get #policies() { return [...this.#askers].filter(({ policy }) => policy); }

  /** A page's own answer takes the place of our question. */
  ask(given) {
    const preview = told(given);
    const askers = this.#policies;
    if (!askers.length) return confirmed(this.#home, preview);
    this.needsPage = true;
    return new Promise((resolve, reject) => {
      this.#question = { preview, resolve, reject };
      for (const asker of askers) this.#put(asker);
    });
  }

  async #put(asker) {
    const { preview, resolve, reject } = this.#question;
    if (!asker.policy) return;
    try {
      const answer = verdict(this.#home, await asker.policy(preview));
      if (!this.#askers.has(asker)) return;
      this.#question = undefined;
      this.needsPage = false;
      this.isDecided = true;
      // What no longer waits was accepted by another tab, which has told so.
      resolve(answer && waits(this.record));
    } catch (cause) {
      asker.policy = undefined;
      if (this.#policies.length) return;
      this.#question = undefined;
      reject(cause);
    }
  }
}
