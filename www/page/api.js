// What the pages ask their own server besides invites: who am I, what is mine, make a new one, sign out.

/** A refusal of the server, with its stable code. */
class Refusal extends Error {
  constructor({ code = 'server_error', detail, title }, status) {
    super(detail || title || `The server answered ${status}.`);
    this.name = 'Refusal';
    this.code = code;
  }
}

async function ask(path, { method = 'GET', body } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method,
      cache: 'no-store',
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refusal({ code: 'offline', detail: 'The server cannot be reached.' }, 0);
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(answer, response.status);
  return answer;
}

/** The signed-in person, or null. */
export async function whoAmI() {
  return (await ask('/api/v1/me')).user;
}

/** `[{ resource, title, permissions }]`: everything the signed-in person has any right to. */
export async function myResources() {
  const all = [];
  let page = '';
  do {
    const { resources, next_page_token } = await ask(`/api/v1/resources?page_size=100&page_token=${page}`);
    all.push(...resources);
    page = next_page_token;
  } while (page);
  return all;
}

/** Makes a resource; its name in addresses comes from its title. */
export async function createResource(title) {
  return ask(`/api/v1/resources/${encodeURIComponent(slug(title))}`, { method: 'PUT', body: { title } });
}

/** Ends the session here. Gives where the sign-in service asks whether to end the one there too, or null. */
export async function signOut() {
  const answer = await fetch('/auth/logout', { method: 'POST', headers: { Accept: 'application/json' } });
  return answer.status === 200 ? (await answer.json()).continue : null;
}

/** "Grandma’s recipes" → "grandmas-recipes", with a few letters more so that titles may repeat. */
function slug(title) {
  const plain = title.normalize('NFKD').replace(/[^\w\s-]/g, '').trim().toLowerCase().replace(/[\s_-]+/g, '-').slice(0, 80);
  const letters = crypto.getRandomValues(new Uint32Array(1))[0].toString(36).slice(0, 5);
  return `${plain || 'resource'}-${letters}`;
}
