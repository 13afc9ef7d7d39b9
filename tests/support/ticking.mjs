// Mocked time that passes while nothing else is under way.
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Lets mocked time pass until a promise has settled; it stands still while `isBusy` says that an answer is on its way. */
export async function ticking(t, promise, isBusy = () => false) {
  let done = false;
  const settle = () => { done = true; };
  promise.then(settle, settle);
  while (!done) {
    for (let turn = 0; turn < 20 && !done; turn += 1) await nextTurn();
    if (!done && !isBusy()) t.mock.timers.tick(1000);
  }
  return promise;
}
