// A server as it was configured: calls that were made of it stay with it, whatever is configured meanwhile.
import { InviteError } from './error.js';
import { CLOSED, isTimeout, load, loaded, needTimers, now } from './load.js';
import { snapshot } from './options.js';
import { lent } from './weak.js';

export class Server {
  #emit;
  #connection;
  #closed = false;
  /** What ends the calls that wait for the core. */
  #stops = new Set();

  /** The core holds `emit(type, detail)` for as long as this lives: it must not hold the page's side, and no option may. */
  constructor(options, emit) {
    this.options = snapshot(options);
    this.#emit = emit;
  }

  /** Makes a call by the core. Rejects with what `standing` makes an error of. */
  send(name, ...args) {
    return this.sendSince(now(), name, ...args);
  }

  /** The same, for what began before. */
  async sendSince(began, name, ...given) {
    const args = given.map((arg) => snapshot(arg));
    if (!this.#closed && !loaded('core')) await this.load('core', began, args.findLast((arg) => arg != null));
    if (this.#closed) throw new InviteError('closed', CLOSED);
    needTimers();
    this.#connection ??= new (loaded('core').Connection)(snapshot(this.options, lent), this.#emit);
    return await this.#connection[name](now() - began, args); // what is awaited keeps this alive
  }

  /** A part, within the deadline and by the signal of a call. The core reads them by its rules once it is there. */
  load(name, began, call) {
    let limits;
    for (const options of [this.options, call]) {
      try {
        const { signal, timeout } = options;
        limits = { timeout: isTimeout(timeout) ? timeout : limits?.timeout, signal: typeof signal?.aborted === 'boolean' ? signal : undefined };
      } catch {} // none, or the core says what is wrong with them
    }
    return load(name, { ...limits, began, stops: this.#stops });
  }

  close() {
    this.#closed = true;
    for (const stop of this.#stops) stop();
    this.#connection?.close();
  }
}
