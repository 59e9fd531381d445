// Issuers that other people wrote: oidc-provider says who users and workloads are, jose makes what a platform or a SPIRE server would.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import { clientCredentials, discover, exchange, introspect, isError } from './client.mjs';
import { startHost, until } from './host.mjs';
import { client, startUpstream } from './upstream.mjs';

const idTokenType = 'urn:ietf:params:oauth:token-type:id_token';
const bearerAssertion = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const spiffeAssertion = 'urn:ietf:params:oauth:client-assertion-type:jwt-spiffe';

let host, upstream, tenant, server;

before(async () => {
  [host, upstream] = await Promise.all([startHost({ Fabric__Outbound__PlainHttpNetworks: '127.0.0.0/8' }), startUpstream()]);
  tenant = await host.tenant();
  server = await discover(host, tenant);
  await settle();
});
after(async () => {
  await upstream?.stop();
  await host?.stop();
});

const trust = (id, issuer, of = tenant) => host.api('PUT', `/v1/tenants/${of}/issuers/${id}`, issuer);

// RFC 7521 section 4.2: how oauth4webapi lets a client authenticate in a way of its own.
const byAssertion = (assertion, type = bearerAssertion) => (_, __, body) => {
  body.set('client_assertion_type', type);
  body.set('client_assertion', assertion);
};

// What was made just as the host started may have been used before: it says so until that is over.
async function settle() {
  const [keys, agent] = [await jose.generateKeyPair('ES256'), await host.agent(tenant)];
  const jwk = { ...(await jose.exportJWK(keys.publicKey)), kid: 'k1' };
  await trust('settle', { kind: 'workload', issuer: 'https://settle.example', jwks: { keys: [jwk] }, subjects: [{ subject: 'settle', agent: agent.id }] });
  let said;
  await until(async () => {
    const assertion = await new jose.SignJWT({ iss: 'https://settle.example', sub: 'settle', aud: server.issuer, jti: crypto.randomUUID() })
      .setProtectedHeader({ alg: 'ES256', kid: 'k1' }).setIssuedAt().setExpirationTime('1m').sign(keys.privateKey);
    said = await clientCredentials(server, agent, byAssertion(assertion)).then(() => 'in', (error) => error.error ?? (error.cause?.status === 503 ? 'temporarily_unavailable' : String(error)));
    return said !== 'temporarily_unavailable';
  });
  assert.equal(said, 'in');
}

async function sharedAgent(of = tenant) {
  const owner = `owner${Math.random()}`;
  await host.api('POST', `/v1/tenants/${of}/users`, { id: owner });
  return host.agent(of, { kind: 'shared', owner, reviewAt: new Date(Date.now() + 864e5).toISOString() });
}

test('a user who has logged in at oidc-provider is acted for by an agent, until the ID token ends', async () => {
  const agent = await sharedAgent();
  const idToken = await upstream.logIn('mia');
  const parameters = { subject_token_type: idTokenType, scope: 'mail:send', session_lifetime: '864000' };
  await assert.rejects(exchange(server, agent, idToken, parameters), isError('invalid_request'));

  await trust('idp', { kind: 'users', issuer: upstream.issuer, algorithms: ['RS256', 'ES256'], audiences: ['somebody-else'], createUsers: true });
  await assert.rejects(exchange(server, agent, idToken, parameters), isError('invalid_request'));
  await trust('idp', { kind: 'users', issuer: upstream.issuer, algorithms: ['RS256', 'ES256'], audiences: [client.client_id], createUsers: true });
  const got = await exchange(server, agent, idToken, parameters);
  const seen = await introspect(server, agent, got.access_token);
  assert.deepEqual([seen.sub, seen.client_id, seen.scope], ['mia', agent.id, 'mail:send']);
  assert.ok(seen.exp <= jose.decodeJwt(idToken).exp);
  assert.equal((await host.check(got.access_token, 'mail', 'send')).allowed, true);

  await host.api('POST', `/v1/tenants/${tenant}/users/mia/offboard`, { reason: 'left' });
  assert.equal((await host.check(got.access_token, 'mail', 'send')).allowed, false);
  await assert.rejects(exchange(server, agent, idToken, parameters), isError('invalid_grant'));
  await assert.rejects(exchange(server, agent, `${idToken.slice(0, -8)}AAAAAAAA`, parameters), isError('invalid_request'));
});

test('a token that oidc-provider gives a workload authenticates its agent, once', async () => {
  const agent = await host.agent(tenant);
  const token = await upstream.clientToken(server.issuer);
  await trust('platform', { kind: 'workload', issuer: upstream.issuer, subjects: [{ subject: client.client_id, agent: agent.id }] });
  const got = await clientCredentials(server, agent, byAssertion(token));
  assert.equal((await introspect(server, agent, got.access_token)).client_id, agent.id);
  await assert.rejects(clientCredentials(server, agent, byAssertion(token)), isError('invalid_client'));
  await assert.rejects(clientCredentials(server, agent, byAssertion(await upstream.clientToken('https://other.example'))), isError('invalid_client'));
});

for (const [kind, type] of [['workload', bearerAssertion], ['spiffe', bearerAssertion], ['spiffe', spiffeAssertion]]) {
  for (const algorithm of ['ES256', 'ES384', 'RS256', 'PS256']) {
    test(`jose signs a token of kind ${kind} by ${algorithm}, shown as ${type.split(':').at(-1)}`, async () => {
      const [of, keys] = [await host.tenant(), await jose.generateKeyPair(algorithm)];
      const [as, agent] = [await discover(host, of), await host.agent(of)];
      const jwk = { ...(await jose.exportJWK(keys.publicKey)), kid: 'k1', alg: algorithm, use: 'sig' };
      const issuer = kind === 'spiffe' ? 'spiffe://acme.example' : 'https://ci.example';
      const [subject, rule] = kind === 'spiffe' ? [`${issuer}/agents/mailer`, `${issuer}/agents/*`] : ['repo:acme/app:ref:refs/heads/main', 'repo:acme/app:ref:refs/heads/*'];
      await trust('i', { kind, issuer, jwks: { keys: [jwk] }, algorithms: [algorithm], subjects: [{ subject: rule, agent: agent.id }] }, of);
      const make = (change = {}) => new jose.SignJWT({ ...(kind === 'spiffe' ? {} : { iss: issuer, jti: crypto.randomUUID() }), sub: subject, aud: as.issuer, ...change })
        .setProtectedHeader({ alg: algorithm, kid: 'k1', typ: 'JWT' }).setIssuedAt().setExpirationTime('5m').sign(keys.privateKey);
      assert.equal((await clientCredentials(as, agent, byAssertion(await make(), type))).token_type, 'bearer');
      for (const wrong of [{ aud: server.issuer }, { sub: `${subject}/x` }, { aud: [as.issuer, 'https://other.example'] }, { nbf: Math.floor(Date.now() / 1000) + 600 }]) {
        await assert.rejects(clientCredentials(as, agent, byAssertion(await make(wrong), type)), isError('invalid_client'));
      }
    });
  }
}

test('the host fetches keys from nowhere that it was not allowed to', async () => {
  const closed = await startHost();
  try {
    const of = await closed.tenant();
    const [as, agent] = [await discover(closed, of), await closed.agent(of)];
    await closed.api('PUT', `/v1/tenants/${of}/issuers/i`, { kind: 'workload', issuer: upstream.issuer, subjects: [{ subject: client.client_id, agent: agent.id }] });
    const answer = await oauth.clientCredentialsGrantRequest(as, { client_id: agent.id }, byAssertion(await upstream.clientToken(as.issuer)), {}, { [oauth.allowInsecureRequests]: true });
    assert.deepEqual([answer.status, (await answer.json()).error], [503, 'temporarily_unavailable']);
  } finally {
    await closed.stop();
  }
});
