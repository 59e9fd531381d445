// Applications that keep no secret, as oauth4webapi plays them (`None()`): their name is the URL of a document, or what they were told when they registered. The documents are on this machine.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import { Browser, password } from './browser.mjs';
import { discover, errorOf, exchangeGrant, accessTokenType, insecure, isError } from './client.mjs';
import { startHost } from './host.mjs';

const redirect = 'http://127.0.0.1:49155/cb';
const user = 'mia';
const none = oauth.None();
let host, web, tenant, server;
const documents = new Map();

before(async () => {
  host = await startHost({ Fabric__Outbound__PlainHttpNetworks: '127.0.0.0/8', Fabric__OAuth__ClientDocumentHosts: '127.0.0.1' });
  tenant = await host.tenant();
  server = await discover(host, tenant);
  await host.api('POST', `/v1/tenants/${tenant}/users`, { id: user });
  await host.api('PUT', `/v1/tenants/${tenant}/users/${user}/sign-in`, { password });
  web = createServer((request, answer) => answer.setHeader('content-type', 'application/json').end(JSON.stringify(documents.get(request.url)))).listen(0, '127.0.0.1');
  await once(web, 'listening');
});
after(async () => {
  web?.close();
  web?.closeAllConnections();
  await host?.stop();
});

// A published document, the agent that the tenant has registered for it, and the client that it is.
async function application() {
  const path = `/client-${documents.size}.json`;
  const url = `http://127.0.0.1:${web.address().port}${path}`;
  documents.set(path, { client_id: url, client_name: 'Your bank', redirect_uris: ['http://127.0.0.1/cb', 'http://localhost/cb'], token_endpoint_auth_method: 'none' });
  const id = `cimd:${createHash('sha256').update(url).digest('base64url')}`;
  await host.api('POST', `/v1/tenants/${tenant}/agents`, { id, kind: 'personal', owner: user, name: 'Notebook', scopes: [{ tool: 'mail' }] });
  return { client: { client_id: url, token_endpoint_auth_method: 'none' }, id };
}

async function begin(client, extra = {}) {
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  const parameters = new URLSearchParams({
    client_id: client.client_id, response_type: 'code', redirect_uri: redirect, scope: 'mail:send', state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...extra,
  });
  return { verifier, state, parameters };
}

const approve = (parameters) => new Browser(user).decide(`${server.authorization_endpoint}?${parameters}`, 'approve');

async function redeem(client, started, callback, options = {}) {
  const checked = oauth.validateAuthResponse(server, client, new URL(callback), started.state);
  const answer = await oauth.authorizationCodeGrantRequest(server, client, none, checked, redirect, started.verifier, { ...insecure, ...options });
  return oauth.processAuthorizationCodeResponse(server, client, answer);
}

async function refresh(client, token, options = {}) {
  return oauth.processRefreshTokenResponse(server, client, await oauth.refreshTokenGrantRequest(server, client, none, token, { ...insecure, ...options }));
}

async function startSession(client) {
  const started = await begin(client);
  return redeem(client, started, await approve(started.parameters));
}

const isAllowed = async (token) => (await host.check(token, 'mail', 'send')).allowed;

test('the metadata names what there is', () => {
  assert.equal(server.client_id_metadata_document_supported, true);
  assert.ok(server.token_endpoint_auth_methods_supported.includes('none') && server.revocation_endpoint_auth_methods_supported.includes('none'));
  assert.ok(!server.introspection_endpoint_auth_methods_supported.includes('none'));
});

test('an application goes through login with the URL of its document, refreshes, and a reuse ends it', async () => {
  const { client, id } = await application();
  const page = await new Browser(user).open(`${server.authorization_endpoint}?${(await begin(client)).parameters}`);
  assert.ok(page.text.includes(client.client_id) && page.text.includes('Notebook') && !page.text.includes('Your bank'));
  const first = await startSession(client);
  const claims = jose.decodeJwt(first.access_token);
  assert.deepEqual([claims.client_id, claims.sub], [id, user]);
  assert.equal(await isAllowed(first.access_token), true);
  const next = await refresh(client, first.refresh_token);
  assert.notEqual(next.refresh_token, first.refresh_token);
  assert.equal(await isAllowed(next.access_token), true);
  await assert.rejects(refresh(client, first.refresh_token), isError('invalid_grant'));
  assert.equal(await isAllowed(next.access_token), false);
  await assert.rejects(refresh(client, next.refresh_token), isError('invalid_grant'));
});

test('a pushed request, and a proof of a key, go with it', async () => {
  const { client } = await application();
  const started = await begin(client);
  const pushed = await oauth.processPushedAuthorizationResponse(server, client, await oauth.pushedAuthorizationRequest(server, client, none, started.parameters, insecure));
  const key = await oauth.generateKeyPair('ES256');
  const DPoP = oauth.DPoP(client, key);
  const callback = await approve(new URLSearchParams({ client_id: client.client_id, request_uri: pushed.request_uri }));

  // The nonce comes with the first refusal, which uses nothing up.
  const first = await redeem(client, started, callback, { DPoP }).catch((error) => oauth.isDPoPNonceError(error) ? redeem(client, started, callback, { DPoP }) : Promise.reject(error));
  assert.equal(first.token_type, 'dpop');
  await assert.rejects(refresh(client, first.refresh_token), isError('invalid_grant'));
  const next = await refresh(client, first.refresh_token, { DPoP });
  const again = await refresh(client, first.refresh_token, { DPoP });
  assert.equal(next.refresh_token, again.refresh_token);
});

test('another verifier, another redirect URI and another client get nothing', async () => {
  const [{ client }, { client: other }] = [await application(), await application()];
  const started = await begin(client);
  let callback = await approve(started.parameters);
  await assert.rejects(redeem(client, { ...started, verifier: oauth.generateRandomCodeVerifier() }, callback), isError('invalid_grant'));
  await assert.rejects(redeem(client, started, callback), isError('invalid_grant'));
  callback = await approve(started.parameters);
  await assert.rejects(redeem(other, started, callback), isError('invalid_grant'));
  assert.equal(await isAllowed((await redeem(client, started, callback)).access_token), true);
  for (const uri of ['http://localhost:49155/cb', 'http://127.0.0.1.evil.com/cb', 'http://127.0.0.1@evil.com/cb', 'http://127.0.0.1:49155/cb#x', 'http://127.0.0.1:49155/other']) {
    const page = await new Browser(user).send(`${server.authorization_endpoint}?${(await begin(client, { redirect_uri: uri })).parameters}`);
    assert.deepEqual([page.status, page.location], [400, null], uri);
  }
});

test('an application revokes its own token, and all other doors are closed', async () => {
  const { client } = await application();
  const first = await startSession(client);
  const ask = (fields, endpoint = server.token_endpoint) => errorOf(endpoint, { client_id: client.client_id, ...fields });
  assert.deepEqual(await ask({ grant_type: 'client_credentials' }), [400, 'unauthorized_client']);
  assert.deepEqual(await ask({ grant_type: exchangeGrant, subject_token: first.access_token, subject_token_type: accessTokenType }), [400, 'unauthorized_client']);
  assert.deepEqual(await ask({ login_hint: user, scope: 'mail' }, server.backchannel_authentication_endpoint), [400, 'unauthorized_client']);
  assert.deepEqual(await ask({ token: first.access_token }, server.introspection_endpoint), [401, 'invalid_client']);
  assert.deepEqual(await ask({ grant_type: 'refresh_token', refresh_token: first.refresh_token, client_secret: 'x' }), [401, 'invalid_client']);
  assert.equal(await isAllowed(first.access_token), true);
  await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, none, first.refresh_token, insecure));
  assert.equal(await isAllowed(first.access_token), false);
});

test('an application that registers itself without a secret goes through in the same way', async () => {
  const made = await host.api('POST', `/v1/tenants/${tenant}/registration-tokens`, { name: 'Notebook', kind: 'personal', owner: user, scopes: [{ tool: 'mail' }] });
  const found = await discover(host, tenant);
  const asked = { client_name: 'Your bank', redirect_uris: ['http://127.0.0.1/cb'], token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] };
  const answer = await oauth.dynamicClientRegistrationRequest(found, asked, { ...insecure, initialAccessToken: made.secret });
  const client = await oauth.processDynamicClientRegistrationResponse(answer);
  assert.deepEqual([client.token_endpoint_auth_method, client.client_secret], ['none', undefined]);
  const first = await startSession(client);
  const next = await refresh(client, first.refresh_token);
  assert.deepEqual(await errorOf(server.token_endpoint, { client_id: client.client_id, grant_type: 'client_credentials' }), [400, 'unauthorized_client']);
  await assert.rejects(refresh(client, first.refresh_token), isError('invalid_grant'));
  assert.equal(await isAllowed(next.access_token), false);
});
