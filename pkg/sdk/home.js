// What the package's files know of a connection and no page can reach.

/** Of each `Invites`: its `options`, how to `send` a call, `emit` an event and make an `error`; the `lockName` of a key. */
export const homes = new WeakMap();
