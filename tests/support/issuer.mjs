// A real OpenID Connect provider (npm's oidc-provider) on loopback: whoever types a name is that person.
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

/** A private key as the provider takes it. */
export async function makeKey(kid, alg) {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...await exportJWK(privateKey), kid, alg, use: 'sig' };
}

/** Listens at once, so that its address is known; answers once `open` has told it its client and keys. */
export async function startIssuer() {
  let answer = (_, response) => response.writeHead(503).end();
  const server = createServer((request, response) => answer(request, response));
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const url = `http://127.0.0.1:${server.address().port}`;
  let provider;

  return {
    url,
    /** Begins to answer, or goes on with other keys: an issuer that has rotated them. */
    open({ client, redirect, goodbye, keys }) {
      provider = new Provider(url, configuration({ client, redirect, goodbye, keys }));
      // It warns of plain http and of its memory, both of which are meant here.
      answer = withInteractions(provider);
    },
    /** An access token (RFC 9068) as the provider makes them for this audience. */
    async accessToken(username, audience) {
      const token = new provider.AccessToken({
        accountId: username,
        client: await provider.Client.find('invites'),
        gty: 'authorization_code',
        scope: '',
        resourceServer: new provider.ResourceServer('urn:test:invites', resource(audience)),
      });
      return token.save();
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => { server.close(resolve); });
    },
  };
}

function resource(audience) {
  return { scope: '', audience, accessTokenTTL: 300, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } };
}

function configuration({ client, redirect, goodbye, keys }) {
  return {
    clients: [{ ...client, redirect_uris: [redirect], post_logout_redirect_uris: [goodbye], id_token_signed_response_alg: 'ES256' }],
    jwks: { keys },
    cookies: { keys: ['only for this test'] },
    pkce: { required: () => true },
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
    features: { devInteractions: { enabled: false }, resourceIndicators: { enabled: true }, rpInitiatedLogout: { enabled: true, logoutSource } },
    findAccount: (_, username) => ({ accountId: username, claims: () => claimsOf(username) }),
    extraTokenClaims: (_, { accountId }) => claimsOf(accountId),
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    // Everybody agrees to everything.
    async loadExistingGrant({ oidc }) {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
    ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 600, IdToken: 300, Interaction: 600, Session: 600 },
  };
}

/** Asks, as it has to where nobody shows an ID token of whom they want to sign out. */
function logoutSource(context, form) {
  context.body = `<!doctype html><html lang="en"><title>Issuer</title><link rel="icon" href="data:,"><h1>Sign out here, too?</h1>${form}
<button form="op.logoutForm" name="logout" value="yes">Yes</button><button form="op.logoutForm">No</button></html>`;
}

function claimsOf(username) {
  const name = username[0].toUpperCase() + username.slice(1);
  return { sub: username, preferred_username: username, name: `${name} of the issuer`, email: `${username}@example.com`, email_verified: true };
}

const FORM = `<!doctype html><html lang="en"><title>Issuer</title><link rel="icon" href="data:,">
<form method="post"><label>Who are you? <input name="username" autofocus></label><button>Go on</button></form></html>`;

function withInteractions(provider) {
  const rest = provider.callback();
  return async (request, response) => {
    if (!request.url.startsWith('/interaction/')) return rest(request, response);
    if (request.method === 'GET') return response.writeHead(200, { 'content-type': 'text/html' }).end(FORM);
    let body = '';
    for await (const chunk of request) body += chunk;
    const accountId = new URLSearchParams(body).get('username');
    return provider.interactionFinished(request, response, accountId
      ? { login: { accountId } }
      : { error: 'access_denied', error_description: 'Somebody said no' }, { mergeWithLastSubmission: false });
  };
}
