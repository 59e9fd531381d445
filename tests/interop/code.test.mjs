// Sessions that a user says yes to, as oauth4webapi asks for them: authorization code with PKCE, pushed requests, DPoP, refresh and CIBA. The user's part is played by a browser that reads forms.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import { Browser, password } from './browser.mjs';
import { discover, insecure, introspect, isError, revoke } from './client.mjs';
import { startHost } from './host.mjs';

const redirect = 'http://127.0.0.1:49152/cb';
let host, tenant, server, agent, client, user;

before(async () => {
  host = await startHost();
  tenant = await host.tenant();
  server = await discover(host, tenant);
  user = 'mia';
  await host.api('POST', `/v1/tenants/${tenant}/users`, { id: user });
  await host.api('PUT', `/v1/tenants/${tenant}/users/${user}/sign-in`, { password });
  agent = await host.agent(tenant, { kind: 'personal', owner: user });
  client = { client_id: agent.id };
  await host.api('PUT', `/v1/tenants/${tenant}/agents/${encodeURIComponent(agent.id)}/redirect-uris`, { redirectUris: ['http://127.0.0.1/cb'] });
});
after(() => host?.stop());

const secret = () => oauth.ClientSecretBasic(agent.secret);

async function begin(extra = {}) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const parameters = new URLSearchParams({
    client_id: agent.id, response_type: 'code', redirect_uri: redirect, scope: 'mail:send', state, purpose: 'send the report',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...extra,
  });
  return { verifier, state, parameters };
}

async function redeem(started, callback, options = {}) {
  const checked = oauth.validateAuthResponse(server, client, new URL(callback), started.state);
  const answer = await oauth.authorizationCodeGrantRequest(server, client, secret(), checked, redirect, started.verifier, { ...insecure, ...options });
  return oauth.processAuthorizationCodeResponse(server, client, answer);
}

const approve = (parameters) => new Browser(user).decide(`${server.authorization_endpoint}?${parameters}`, 'approve');

test('a code with PKCE becomes a session for the user', async () => {
  assert.equal(server.authorization_response_iss_parameter_supported, true);
  assert.deepEqual(server.code_challenge_methods_supported, ['S256']);
  const started = await begin();
  const got = await redeem(started, await approve(started.parameters));
  assert.equal(got.scope, 'mail:send');
  const claims = jose.decodeJwt(got.access_token);
  assert.equal(claims.sub, user);
  assert.equal(claims.client_id, agent.id);
  assert.equal((await host.check(got.access_token, 'mail', 'send')).allowed, true);
  assert.equal((await host.check(got.access_token, 'files', 'read')).allowed, false);
});

test('the library refuses what is not our answer, and we what is not its code', async () => {
  const started = await begin();
  const callback = new URL(await approve(started.parameters));
  const mixed = new URL(callback);
  mixed.searchParams.set('iss', 'https://evil.example');
  assert.throws(() => oauth.validateAuthResponse(server, client, mixed, started.state));
  mixed.searchParams.delete('iss');
  assert.throws(() => oauth.validateAuthResponse(server, client, mixed, started.state));
  assert.throws(() => oauth.validateAuthResponse(server, client, callback, 'other'));
  await assert.rejects(redeem({ ...started, verifier: oauth.generateRandomCodeVerifier() }, callback), isError('invalid_grant'));
  await assert.rejects(redeem(started, callback), isError('invalid_grant'));
});

test('a code that is used twice ends its session', async () => {
  const started = await begin();
  const callback = await approve(started.parameters);
  const got = await redeem(started, callback);
  assert.equal((await introspect(server, agent, got.access_token)).active, true);
  await assert.rejects(redeem(started, callback), isError('invalid_grant'));
  assert.deepEqual(await introspect(server, agent, got.access_token), { active: false });
});

test('a no and a mistake come back as errors with our name', async () => {
  const denied = await begin();
  const callback = await new Browser(user).decide(`${server.authorization_endpoint}?${denied.parameters}`, 'deny');
  assert.throws(() => oauth.validateAuthResponse(server, client, new URL(callback), denied.state), { error: 'access_denied' });
  const wrong = await begin({ scope: 'bank' });
  const answer = await fetch(`${server.authorization_endpoint}?${wrong.parameters}`, { redirect: 'manual' });
  assert.throws(() => oauth.validateAuthResponse(server, client, new URL(answer.headers.get('location')), wrong.state), { error: 'invalid_scope' });
});

test('pushed, bound to a key, refreshed, reused and revoked', async () => {
  const pair = await oauth.generateKeyPair('ES256');
  const DPoP = oauth.DPoP(client, pair);
  const started = await begin({ resource: 'https://mail.example/api' });
  const push = async () => oauth.processPushedAuthorizationResponse(
    server, client, await oauth.pushedAuthorizationRequest(server, client, secret(), started.parameters, { ...insecure, DPoP }));
  const pushed = await push().catch((error) => { if (!oauth.isDPoPNonceError(error)) throw error; return push(); });
  const callback = await approve(new URLSearchParams({ client_id: agent.id, request_uri: pushed.request_uri }));
  await assert.rejects(redeem(started, callback), isError('invalid_grant'));

  const again = await begin({ resource: 'https://mail.example/api' });
  const got = await redeem(again, await approve(again.parameters), { DPoP });
  assert.equal(got.token_type, 'dpop');
  const refresh = async (token, options = { DPoP }) => oauth.processRefreshTokenResponse(
    server, client, await oauth.refreshTokenGrantRequest(server, client, secret(), token, { ...insecure, ...options }));
  const next = await refresh(got.refresh_token);
  assert.notEqual(next.refresh_token, got.refresh_token);
  assert.equal(jose.decodeJwt(next.access_token).sid, jose.decodeJwt(got.access_token).sid);
  assert.equal(jose.decodeJwt(next.access_token).aud, 'https://mail.example/api');
  await assert.rejects(refresh(next.refresh_token, {}), isError('invalid_grant'));
  const last = await refresh(next.refresh_token);
  await assert.rejects(refresh(got.refresh_token), isError('invalid_grant'));
  assert.deepEqual(await introspect(server, agent, last.access_token), { active: false });

  const other = await begin();
  const live = await redeem(other, await approve(other.parameters));
  assert.equal((await introspect(server, agent, live.refresh_token)).sub, user);
  await revoke(server, agent, live.refresh_token);
  assert.deepEqual(await introspect(server, agent, live.access_token), { active: false });
});

test('a session that waits for a user is polled for by CIBA', async () => {
  assert.deepEqual(server.backchannel_token_delivery_modes_supported, ['poll']);
  const ask = async () => oauth.processBackchannelAuthenticationResponse(server, client, await oauth.backchannelAuthenticationRequest(
    server, client, secret(), new URLSearchParams({ scope: 'mail:send', login_hint: user, binding_message: 'code 4711', purpose: 'send the report' }), insecure));
  const poll = async (asked) => oauth.processBackchannelAuthenticationGrantResponse(
    server, client, await oauth.backchannelAuthenticationGrantRequest(server, client, secret(), asked.auth_req_id, insecure));
  const asked = await ask();
  assert.equal(asked.interval, 5);
  await assert.rejects(poll(asked), isError('authorization_pending'));
  await assert.rejects(poll(asked), isError('slow_down'));
  assert.match(await new Browser(user).answer(`${server.issuer}/oauth/approvals`, 'approve'), /Approved/);
  const got = await poll(asked);
  assert.equal(jose.decodeJwt(got.access_token).sub, user);
  await assert.rejects(poll(asked), isError('invalid_grant'));
  const denied = await ask();
  assert.match(await new Browser(user).answer(`${server.issuer}/oauth/approvals`, 'deny'), /Denied/);
  await assert.rejects(poll(denied), isError('access_denied'));
});
