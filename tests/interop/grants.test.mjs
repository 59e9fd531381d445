// Grants, introspection and revocation, as oauth4webapi speaks them; tokens, as jose verifies them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import { accessTokenType, basic, clientCredentials, discover, errorOf, exchange, insecure, introspect, isError, revoke } from './client.mjs';
import { startHost } from './host.mjs';

let host, tenant, server, agent, worker;

before(async () => {
  host = await startHost();
  tenant = await host.tenant();
  server = await discover(host, tenant);
  [agent, worker] = [await host.agent(tenant), await host.agent(tenant)];
});
after(() => host?.stop());

const secretOf = (who) => oauth.ClientSecretBasic(who.secret);

test('the issuer alone is enough to find everything', async () => {
  assert.equal(server.issuer, `${host.address}/tenants/${tenant}`);
  assert.deepEqual(await discover(host, tenant, 'oidc'), server);
  assert.deepEqual(server.token_endpoint_auth_methods_supported, ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'spiffe_jwt']);
  assert.deepEqual(server.dpop_signing_alg_values_supported, ['ES256']);
  await assert.rejects(discover(host, 'nobody'));
});

test('client credentials by basic and by post', async () => {
  for (const authentication of [secretOf(agent), oauth.ClientSecretPost(agent.secret)]) {
    const got = await clientCredentials(server, agent, authentication, { scope: 'mail:send', purpose: 'interop' });
    assert.equal(got.token_type, 'bearer');
    assert.equal(got.scope, 'mail:send');
    assert.equal((await host.check(got.access_token, 'mail', 'send')).allowed, true);
    assert.equal((await host.check(got.access_token, 'files', 'read')).allowed, false);
  }
});

test('a token is an RFC 9068 access token that jose verifies by the published keys, also after a rotation', async () => {
  const resource = 'https://mail.example/api';
  const keys = jose.createRemoteJWKSet(new URL(server.jwks_uri), { cooldownDuration: 0 });
  const rules = { issuer: server.issuer, audience: resource, typ: 'at+jwt', algorithms: ['ES256'], requiredClaims: ['exp', 'iat', 'jti', 'sub', 'client_id'] };
  const first = await clientCredentials(server, agent, secretOf(agent), { resource });
  const { payload } = await jose.jwtVerify(first.access_token, keys, rules);
  assert.equal(payload.client_id, agent.id);
  await host.api('POST', `/v1/tenants/${tenant}/keys/rotate`);
  const second = await clientCredentials(server, agent, secretOf(agent), { resource });
  await jose.jwtVerify(second.access_token, keys, rules);
  await jose.jwtVerify(first.access_token, keys, rules);
  await assert.rejects(jose.jwtVerify(second.access_token, keys, { ...rules, audience: 'https://other.example' }), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' });
  const request = new Request(resource, { headers: { authorization: `Bearer ${second.access_token}` } });
  assert.equal((await oauth.validateJwtAccessToken(server, request, resource, insecure)).client_id, agent.id);
});

test('authorization details come back as granted, with the constraints', async () => {
  const details = [{ type: 'tool_call', tool: 'mail', action: 'send', max_calls: 2, read_only: true }];
  const got = await clientCredentials(server, agent, secretOf(agent), { authorization_details: JSON.stringify(details) });
  assert.deepEqual(got.authorization_details, [{ type: 'tool_call', tool: 'mail', action: 'send', resource: '*', read_only: true, max_calls: 2 }]);
  for (const wrong of [[{ type: 'payment', tool: 'mail' }], [{ type: 'tool_call', tool: 'bank' }], [{ type: 'tool_call', tool: 'mail', only: 'mondays' }]]) {
    await assert.rejects(
      clientCredentials(server, agent, secretOf(agent), { authorization_details: JSON.stringify(wrong) }), isError('invalid_authorization_details'));
  }
});

test('a named session gives more tokens', async () => {
  const first = await clientCredentials(server, agent, secretOf(agent), { session_lifetime: '600' });
  const second = await clientCredentials(server, agent, secretOf(agent), { session: first.session, scope: 'mail' });
  assert.equal(second.session, first.session);
  await assert.rejects(clientCredentials(server, worker, secretOf(worker), { session: first.session }), isError('invalid_grant'));
});

test('a session that waits for a human is polled for', async () => {
  const careful = await host.agent(tenant, { requireApproval: true });
  const [status, , session] = await fetch(server.token_endpoint, {
    method: 'POST', headers: basic(careful), body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'mail' }),
  }).then(async (answer) => { const said = await answer.json(); return [answer.status, said.error, said.session]; });
  assert.equal(status, 400);
  await assert.rejects(clientCredentials(server, careful, secretOf(careful), { session }), isError('authorization_pending'));
  await host.api('POST', `/v1/sessions/${session}/approve`, {});
  assert.equal((await clientCredentials(server, careful, secretOf(careful), { session })).session, session);
});

test('introspection tells the agent about its own token and others nothing', async () => {
  const got = await clientCredentials(server, agent, secretOf(agent), { scope: 'mail:send' });
  const said = await introspect(server, agent, got.access_token);
  assert.equal(said.active, true);
  assert.equal(said.iss, server.issuer);
  assert.equal(said.scope, 'mail:send');
  assert.deepEqual(await introspect(server, worker, got.access_token), { active: false });
  assert.deepEqual(await introspect(server, agent, 'unknown'), { active: false });
  const key = await host.api('POST', '/v1/keys', { role: 'enforcement_point', subject: 'gateway', tenant });
  const guard = { id: key.key.id, secret: key.secret };
  assert.equal((await introspect(server, guard, got.access_token)).client_id, agent.id);
});

test('revocation is at once, exact and quiet', async () => {
  const [first, second] = [await clientCredentials(server, agent, secretOf(agent)), await clientCredentials(server, agent, secretOf(agent))];
  await revoke(server, worker, first.access_token);
  assert.equal((await introspect(server, agent, first.access_token)).active, true);
  await revoke(server, agent, first.access_token);
  assert.deepEqual(await introspect(server, agent, first.access_token), { active: false });
  assert.equal((await host.check(first.access_token, 'mail', 'send')).code, 'credential.revoked');
  assert.equal((await introspect(server, agent, second.access_token)).active, true);
  await revoke(server, agent, first.access_token);
  await revoke(server, agent, 'unknown');
  await revoke(server, agent, second.session);
  assert.deepEqual(await introspect(server, agent, second.access_token), { active: false });
});

test('token exchange delegates, narrows and nests act', async () => {
  const handed = await clientCredentials(server, agent, secretOf(agent), { scope: 'mail files' });
  const got = await exchange(server, worker, handed.access_token, { scope: 'mail:send', requested_token_type: accessTokenType });
  assert.equal(got.issued_token_type, accessTokenType);
  const claims = jose.decodeJwt(got.access_token);
  assert.equal(claims.act.sub, worker.id);
  assert.equal(claims.act.act.sub, agent.id);
  await assert.rejects(exchange(server, worker, handed.access_token, { scope: 'bank' }), isError('invalid_scope'));
  await assert.rejects(exchange(server, worker, 'x'), isError('invalid_request'));
  await revoke(server, agent, handed.access_token);
  assert.deepEqual(await introspect(server, worker, got.access_token), { active: false });
});

test('what RFC 6749 refuses is refused with its errors', async () => {
  const grant = { grant_type: 'client_credentials' };
  const url = server.token_endpoint;
  assert.deepEqual(await errorOf(url, grant), [401, 'invalid_client']);
  assert.deepEqual(await errorOf(url, grant, basic({ ...agent, secret: `${agent.secret}x` })), [401, 'invalid_client']);
  assert.deepEqual(await errorOf(url, grant, basic({ ...agent, secret: worker.secret })), [401, 'invalid_client']);
  assert.deepEqual(await errorOf(url, { ...grant, client_id: agent.id, client_secret: agent.secret }, basic(agent)), [400, 'invalid_request']);
  assert.deepEqual(await errorOf(url, { grant_type: 'password' }, basic(agent)), [400, 'unsupported_grant_type']);
  assert.deepEqual(await errorOf(url, { ...grant, scope: 'bank' }, basic(agent)), [400, 'invalid_scope']);
  assert.deepEqual(await errorOf(url, [['grant_type', 'client_credentials'], ['scope', 'mail'], ['scope', 'files']], basic(agent)), [400, 'invalid_request']);
  assert.deepEqual(await errorOf(url, [['grant_type', 'client_credentials'], ['resource', 'https://a.example'], ['resource', 'https://b.example']], basic(agent)), [400, 'invalid_target']);
  assert.deepEqual(await errorOf(`${url}?client_id=${encodeURIComponent(agent.id)}&client_secret=${agent.secret}`, grant), [400, 'invalid_request']);
  assert.deepEqual(await errorOf(url, { ...grant, padding: 'a'.repeat(100_000) }, basic(agent)), [413, 'invalid_request']);
  const elsewhere = await discover(host, await host.tenant());
  assert.deepEqual(await errorOf(elsewhere.token_endpoint, grant, basic(agent)), [401, 'invalid_client']);
});

test('an introspection is signed for who asks for that, and for nobody else', async () => {
  const got = await clientCredentials(server, agent, secretOf(agent), { scope: 'mail:send' });
  const client = { client_id: agent.id, introspection_signed_response_alg: 'ES256' };
  assert.deepEqual(server.introspection_signing_alg_values_supported, ['ES256']);
  const ask = async (token) => {
    const answer = await oauth.introspectionRequest(server, client, secretOf(agent), token, { requestJwtResponse: true, ...insecure });
    const raw = await answer.clone().text();
    const said = await oauth.processIntrospectionResponse(server, client, answer);
    await oauth.validateApplicationLevelSignature(server, answer, insecure);
    return [said, raw];
  };
  const [said, raw] = await ask(got.access_token);
  assert.deepEqual([said.active, said.client_id, said.scope], [true, agent.id, 'mail:send']);
  assert.equal(jose.decodeProtectedHeader(raw).typ, 'token-introspection+jwt');
  assert.deepEqual((await ask('x'))[0], { active: false });

  // A signed answer is no token.
  assert.equal((await introspect(server, agent, raw)).active, false);
});
