// Clients that register themselves, as oauth4webapi does it (RFC 7591), and manage that (RFC 7592); the tokens that come of it, and their end.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import { Browser, password } from './browser.mjs';
import { clientCredentials, discover, insecure, introspect, isError } from './client.mjs';
import { startHost, until } from './host.mjs';

const redirect = 'http://127.0.0.1:49152/cb';
const scopes = [{ tool: 'mail' }, { tool: 'files' }];
let host, tenant;

before(async () => {
  host = await startHost();
  tenant = await host.tenant();
});
after(() => host?.stop());

const mint = async (extra = {}) => {
  const made = await host.api('POST', `/v1/tenants/${tenant}/registration-tokens`, { name: 'Interop', kind: 'backend', scopes, ...extra });
  return { id: made.token.id, secret: made.secret };
};

async function register(server, token, metadata) {
  const answer = await oauth.dynamicClientRegistrationRequest(server, metadata, { initialAccessToken: token, ...insecure });
  return oauth.processDynamicClientRegistrationResponse(answer);
}

const manage = (client, method, body, token = client.registration_access_token) => fetch(client.registration_client_uri, {
  method, body: body && JSON.stringify(body), headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
});

const agentOf = (client) => ({ id: client.client_id, secret: client.client_secret });

// oauth4webapi reads a 401 as the challenge that it brings.
const isTokenRefused = (error) => error.status === 401 && error.cause?.[0]?.scheme === 'bearer' && error.cause[0].parameters.error === 'invalid_token';

test('the metadata names the endpoint once the tenant lets clients in', async () => {
  assert.equal((await discover(host, tenant)).registration_endpoint, undefined);
  await mint();
  assert.equal((await discover(host, tenant)).registration_endpoint, `${host.address}/tenants/${tenant}/oauth/register`);
});

test('a client registers, gets tokens, changes itself and takes all with it when it goes', async () => {
  const token = await mint();
  const server = await discover(host, tenant);
  const client = await register(server, token.secret, { client_name: 'pipeline', grant_types: ['client_credentials'], scope: 'mail' });
  assert.equal(client.client_secret_expires_at, 0);
  const got = await clientCredentials(server, agentOf(client), oauth.ClientSecretBasic(client.client_secret), { scope: 'mail:send' });
  assert.equal((await host.check(got.access_token, 'mail', 'send')).allowed, true);

  const read = await manage(client, 'GET');
  assert.equal(read.status, 200);
  assert.equal((await read.json()).scope, 'mail');

  const changed = await manage(client, 'PUT', { client_id: client.client_id, client_name: 'other', grant_types: ['client_credentials'] });
  assert.equal(changed.status, 200);
  const next = { ...client, ...(await changed.json()) };
  assert.notEqual(next.registration_access_token, client.registration_access_token);
  assert.equal((await manage(next, 'GET', undefined, client.registration_access_token)).status, 401);

  assert.equal((await manage(next, 'DELETE')).status, 204);
  assert.equal((await host.check(got.access_token, 'mail', 'send')).allowed, false);
  await assert.rejects(clientCredentials(server, agentOf(client), oauth.ClientSecretBasic(client.client_secret)), isError('invalid_client'));
  assert.equal((await manage(next, 'GET')).status, 401);
});

test('a client with a key needs no secret', async () => {
  const token = await mint();
  const server = await discover(host, tenant);
  const pair = await oauth.generateKeyPair('ES256', { extractable: true });
  const jwk = { ...(await jose.exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  const client = await register(server, token.secret, { grant_types: ['client_credentials'], token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } });
  assert.equal(client.client_secret, undefined);
  const key = oauth.PrivateKeyJwt({ key: pair.privateKey, kid: 'k1' });

  // What was made just as the host started may have been used before: it says so until that is over.
  let got;
  await until(async () => (got = await clientCredentials(server, agentOf(client), key).catch((error) => assert.equal(error.cause?.status, 503))));
  assert.equal((await introspect(server, agentOf(client), got.access_token, key)).client_id, client.client_id);
});

test('a user says yes to a client that registered itself', async () => {
  const user = 'mia';
  await host.api('POST', `/v1/tenants/${tenant}/users`, { id: user });
  await host.api('PUT', `/v1/tenants/${tenant}/users/${user}/sign-in`, { password });
  const token = await mint({ kind: 'personal', owner: user, redirectHosts: ['127.0.0.1'] });
  const server = await discover(host, tenant);
  const client = await register(server, token.secret, { redirect_uris: ['http://127.0.0.1/cb'], grant_types: ['authorization_code', 'refresh_token'] });
  const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
  const parameters = new URLSearchParams({
    client_id: client.client_id, response_type: 'code', redirect_uri: redirect, scope: 'mail:send', state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  });
  const callback = await new Browser(user).decide(`${server.authorization_endpoint}?${parameters}`, 'approve');
  const checked = oauth.validateAuthResponse(server, client, new URL(callback), state);
  const authentication = oauth.ClientSecretBasic(client.client_secret);
  const got = await oauth.processAuthorizationCodeResponse(
    server, client, await oauth.authorizationCodeGrantRequest(server, client, authentication, checked, redirect, verifier, insecure));
  assert.equal(jose.decodeJwt(got.access_token).sub, user);
  assert.equal((await manage(client, 'DELETE')).status, 204);
  assert.equal((await host.check(got.access_token, 'mail', 'send')).allowed, false);
  const answer = await oauth.refreshTokenGrantRequest(server, client, authentication, got.refresh_token, insecure);
  await assert.rejects(oauth.processRefreshTokenResponse(server, client, answer), isError('invalid_client'));
});

test('what the library sends is refused without a token, with a used one, and past what it gives', async () => {
  const token = await mint();
  const server = await discover(host, tenant);
  const machine = { grant_types: ['client_credentials'] };
  await assert.rejects(register(server, 'nobody', machine), isTokenRefused);
  await assert.rejects(register(server, token.secret, { ...machine, scope: 'bank' }), { error: 'invalid_client_metadata' });
  await assert.rejects(register(server, token.secret, { ...machine, token_endpoint_auth_method: 'none' }), { error: 'invalid_client_metadata' });
  await assert.rejects(register(server, token.secret, { redirect_uris: ['http://app.example/cb'] }), { error: 'invalid_redirect_uri' });
  await assert.rejects(register(server, token.secret, { ...machine, software_statement: 'a.b.c' }), { error: 'unapproved_software_statement' });
  await register(server, token.secret, machine);
  await assert.rejects(register(server, token.secret, machine), isTokenRefused);
});
