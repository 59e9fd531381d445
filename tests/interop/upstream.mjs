// An identity provider that other people wrote (oidc-provider), as a company's own: users log in there, and its clients get tokens for a resource.
import { once } from 'node:events';
import { createServer } from 'node:http';
import * as oauth from 'oauth4webapi';
import Provider from 'oidc-provider';
import { insecure } from './client.mjs';

export const client = { client_id: 'fabric-client', client_secret: 'a-secret-of-the-tests-which-is-long-enough' };
const redirect = 'https://client.example/back';

// redirects: where else the provider may send its client's users back to. clients, features: what it has besides.
export async function startUpstream(redirects = [], { clients = [], features = {}, ...more } = {}) {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ ...client, redirect_uris: [redirect, ...redirects], grant_types: ['authorization_code', 'client_credentials'], token_endpoint_auth_method: 'client_secret_post' }, ...clients],
    cookies: { keys: ['the tests alone'] },
    features: {
      devInteractions: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource) => ({ scope: 'agent', audience: resource, accessTokenFormat: 'jwt', accessTokenTTL: 300 }),
        useGrantedResource: () => true,
      },
      ...features,
    },
    ...more,
  });
  server.on('request', provider.callback());
  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  const as = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), insecure));
  return { issuer, as, stop, logIn: (user) => logIn(as, user), goThrough, clientToken: (resource) => clientToken(as, resource) };
}

async function logIn(as, user) {
  const verifier = oauth.generateRandomCodeVerifier();
  const start = new URL(as.authorization_endpoint);
  for (const [name, value] of Object.entries({
    client_id: client.client_id, redirect_uri: redirect, response_type: 'code', scope: 'openid', code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  })) {
    start.searchParams.set(name, value);
  }
  const parameters = oauth.validateAuthResponse(as, client, new URL(await goThrough(start.href, user, redirect)), oauth.expectNoState);
  const got = await oauth.authorizationCodeGrantRequest(as, client, oauth.ClientSecretPost(client.client_secret), parameters, redirect, verifier, insecure);
  return (await oauth.processAuthorizationCodeResponse(as, client, got, { requireIdToken: true })).id_token;
}

// What a browser does: follows redirects within the provider, keeps its cookies, and fills in the two forms; the address that it is sent back to.
async function goThrough(start, user, back) {
  const cookies = new Map();
  let [url, body] = [start, undefined];
  for (let steps = 0; steps < 20; steps++) {
    const answer = await fetch(url, {
      method: body ? 'POST' : 'GET', body, redirect: 'manual', headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie);
      value ? cookies.set(name, value) : cookies.delete(name);
    }
    const location = answer.headers.get('location');
    if (location?.startsWith(back)) {
      return location;
    }
    if (location) {
      [url, body] = [new URL(location, url).href, undefined];
      continue;
    }
    const page = await answer.text();
    const prompt = /name="prompt" value="([a-z]+)"/.exec(page)?.[1];
    [url, body] = [new URL(/action="([^"]+)"/.exec(page)[1], url).href, new URLSearchParams(prompt === 'login' ? { prompt, login: user, password: 'any' } : { prompt })];
  }
  throw new Error('the login went round in circles');
}

async function clientToken(as, resource) {
  const got = await oauth.clientCredentialsGrantRequest(as, client, oauth.ClientSecretPost(client.client_secret), { resource, scope: 'agent' }, insecure);
  return (await oauth.processClientCredentialsResponse(as, client, got)).access_token;
}
