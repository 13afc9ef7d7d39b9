// A page of a React app under StrictMode, which runs every effect twice.
import 'invite-keys/auto';
import { connect, invites } from 'invite-keys';
import { useInvites, usePendingInvite } from 'invite-keys/react';
import { StrictMode, createElement, useEffect } from 'react';
import { createRoot } from 'react-dom/client';

window.told = [];
for (const type of ['inviteaccepted', 'inviterejected']) document.addEventListener(type, ({ detail }) => told.push([type, detail]));

const resource = new URLSearchParams(location.search).get('resource');
const connection = connect({ resource });

function Open() {
  const { invites: open, loading, error, create, remove } = useInvites(connection);
  return createElement('section', {},
    createElement('p', { id: 'open' }, error ? error.code : loading ? 'loading' : `${open.length} open`),
    createElement('button', { onClick: () => create({ permissions: 'rw' }).then((invite) => { window.made = invite; }) }, 'Create'),
    createElement('button', { onClick: () => remove(open[0]) }, 'Remove'));
}

function Invited() {
  const { pending, outcome, error, accept } = usePendingInvite();
  useEffect(() => {
    if (pending) accept();
  }, [pending?.capturedAt]);
  return createElement('p', { id: 'invited' }, outcome ? `in: ${outcome.permissions}` : error ? error.code : pending ? 'pending' : 'nothing');
}

createRoot(document.getElementById('root')).render(
  createElement(StrictMode, {}, createElement(Invited), resource && createElement(Open), createElement('p', {}, String(invites.pending?.kind))));
