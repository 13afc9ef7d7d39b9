// Two hooks over the same stores that any other framework can use: `subscribe` and `getSnapshot`.
import { useSyncExternalStore } from 'react';
import { invites as ofThisPage } from './index.js';

/** A store whose snapshot is replaced, never changed; `start` runs while somebody listens and gives what ends it. */
function createStore(initial, start) {
  const listeners = new Set();
  let snapshot = initial;
  let end;
  const set = (more) => {
    snapshot = { ...snapshot, ...more };
    for (const listener of listeners) listener();
  };
  return {
    set,
    getSnapshot: () => snapshot,
    getServerSnapshot: () => initial,
    subscribe(listener) {
      listeners.add(listener);
      if (listeners.size === 1) end = start();
      return () => {
        if (listeners.delete(listener) && !listeners.size) end();
      };
    },
  };
}

/** One store per connection, however many components use it. */
const shared = (make) => {
  const stores = new WeakMap();
  return (invites) => {
    if (!stores.has(invites)) stores.set(invites, make(invites));
    return stores.get(invites);
  };
};

function listen(invites, types, listener) {
  const stop = new AbortController();
  for (const type of types) invites.addEventListener(type, listener, { signal: stop.signal });
  return stop;
}

const pendingStore = shared((invites) => {
  const accept = async (policy = () => true) => {
    store.set({ error: null });
    try {
      return await invites.acceptPending(policy);
    } catch (error) {
      store.set({ error });
      return null;
    } finally {
      store.set({ pending: invites.pending });
    }
  };
  const store = createStore({ pending: null, outcome: null, error: null, accept }, () => {
    store.set({ pending: invites.pending });
    const stop = listen(invites, ['invitecaptured', 'inviteaccepted', 'inviterejected'], ({ type, detail }) => {
      if (type === 'inviteaccepted') store.set({ outcome: detail, error: null });
      // It is forgotten a moment after it was accepted.
      setTimeout(() => store.set({ pending: invites.pending }));
    });
    return () => stop.abort();
  });
  return store;
});

const listStore = shared((invites) => {
  let latest = 0;
  const refresh = async () => {
    const mine = ++latest;
    const found = [];
    try {
      for await (const invite of invites.list({ status: 'pending' })) found.push(invite);
      if (mine === latest) store.set({ invites: found, loading: false, error: null });
    } catch (error) {
      if (mine === latest) store.set({ loading: false, error });
    }
  };
  const store = createStore({
    invites: [], loading: true, error: null, refresh,
    create: (options) => invites.create(options),
    remove: (invite) => invites.remove(invite),
  }, () => {
    const stop = listen(invites, ['invitecreated', 'inviteremoved', 'inviteused', 'inviteunmailed'], refresh);
    addEventListener('focus', refresh, { signal: stop.signal });
    refresh();
    return () => {
      latest += 1;
      stop.abort();
    };
  });
  return store;
});

const useStore = ({ subscribe, getSnapshot, getServerSnapshot }) => useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot);

export const usePendingInvite = (invites = ofThisPage) => useStore(pendingStore(invites));
export const useInvites = (invites = ofThisPage) => useStore(listStore(invites));
