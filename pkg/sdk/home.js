// What the package's files know of a connection and no page can reach.

/** Of each `Invites`: its `server`, how to `send` a call and `emit` an event. */
export const homes = new WeakMap();
