// Signals that are pushed (RFC 8935), taken by a receiver that verifies them with jose, and signals that jose has signed, sent to the fabric.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import { startHost, until } from './host.mjs';

const push = 'urn:ietf:rfc:8935';
const authorization = 'Bearer a-secret-of-the-receiver';
let host, tenant, about, keys, receiver, secret, taken, waiting, status;

before(async () => {
  host = await startHost({ Fabric__Outbound__PlainHttpNetworks: '127.0.0.0/8' });
  tenant = await host.tenant();
  about = await (await fetch(`${host.address}/.well-known/ssf-configuration/tenants/${tenant}`)).json();
  keys = jose.createRemoteJWKSet(new URL(about.jwks_uri));
  secret = (await host.api('POST', '/v1/keys', { role: 'auditor', tenant, subject: 'siem' })).secret;
  [taken, waiting, status] = [[], null, 202];
  receiver = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) {
      parts.push(part);
    }
    taken.push({ headers: request.headers, token: Buffer.concat(parts).toString() });
    response.writeHead(status).end();
    waiting?.();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
after(async () => {
  receiver?.closeAllConnections();
  receiver?.close();
  await host?.stop();
});

const next = async () => {
  while (taken.length === 0) {
    await new Promise((resolve) => (waiting = resolve));
  }
  return taken.shift();
};

const call = (method, address, body) => fetch(address, {
  method, headers: { authorization: `Bearer ${secret}`, ...(body ? { 'content-type': 'application/json' } : {}) }, body: body && JSON.stringify(body),
});

const verify = (token) => jose.jwtVerify(token, keys, { issuer: about.issuer, audience: 'siem', typ: 'secevent+jwt', algorithms: ['ES256'] });

test('what is pushed verifies, comes with the secret, and comes again until it is taken', async () => {
  assert.deepEqual(about.delivery_methods_supported, [push, 'urn:ietf:rfc:8936']);
  const made = await call('POST', about.configuration_endpoint, {
    delivery: { method: push, endpoint_url: `http://127.0.0.1:${receiver.address().port}/events`, authorization_header: authorization },
  });
  assert.equal(made.status, 201);
  const stream = await made.json();
  assert.equal(stream.delivery.authorization_header, undefined);

  assert.equal((await call('POST', about.verification_endpoint, { stream_id: stream.stream_id, state: 'hello' })).status, 204);
  const first = await next();
  assert.equal(first.headers.authorization, authorization);
  assert.equal(first.headers['content-type'], 'application/secevent+jwt');
  const { payload } = await verify(first.token);
  assert.equal(payload.events['https://schemas.openid.net/secevent/ssf/event-type/verification'].state, 'hello');

  const agent = await host.agent(tenant);
  status = 503;
  await host.api('POST', `/v1/tenants/${tenant}/agents/${encodeURIComponent(agent.id)}/retire`, { reason: 'gone' });
  const refused = (await verify((await next()).token)).payload;
  status = 202;
  const again = (await verify((await next()).token)).payload;
  assert.equal(again.jti, refused.jti);
  assert.equal(again.sub_id.application.id, agent.id);
  assert.equal(Object.keys(again.events)[0], 'https://schemas.openid.net/secevent/risc/event-type/account-disabled');
});

test('an event that its issuer has signed ends the user, and one that somebody else has ends nobody', async () => {
  const { publicKey, privateKey } = await jose.generateKeyPair('RS256', { extractable: true });
  const issuer = 'https://idp.example';
  const audience = `${host.address}/tenants/${tenant}`;
  const jwk = { ...(await jose.exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  await host.api('PUT', `/v1/tenants/${tenant}/issuers/idp`, { kind: 'signals', issuer, jwks: { keys: [jwk] }, audiences: [audience] });
  await host.api('POST', `/v1/tenants/${tenant}/users`, { id: 'jane' });
  const sign = (key) => new jose.SignJWT({
    jti: crypto.randomUUID(), sub_id: { format: 'iss_sub', iss: issuer, sub: 'jane' }, events: { 'https://schemas.openid.net/secevent/risc/event-type/account-disabled': {} },
  }).setProtectedHeader({ alg: 'RS256', typ: 'secevent+jwt', kid: 'k1' }).setIssuer(issuer).setAudience(audience).setIssuedAt().sign(key);
  const send = (token) => fetch(`${audience}/ssf/events`, { method: 'POST', headers: { 'content-type': 'application/secevent+jwt' }, body: token });
  const statusOf = async () => (await host.api('GET', `/v1/tenants/${tenant}/users/jane`)).status;

  const refused = await send(await sign((await jose.generateKeyPair('RS256')).privateKey));
  assert.deepEqual([refused.status, (await refused.json()).err], [400, 'invalid_key']);
  assert.equal(await statusOf(), 'active');
  const token = await sign(privateKey);
  assert.equal((await send(token)).status, 202);
  assert.equal(await statusOf(), 'offboarded');
  assert.equal((await send(token)).status, 202);
});

test('an event that is signed with a key which its issuer does not publish yet is kept, and in force once it does', async () => {
  const [old, young] = await Promise.all(['k1', 'k2'].map(async (kid) => {
    const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true });
    return { privateKey, jwk: { ...(await jose.exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
  }));
  const issuer = 'https://rotating.example';
  const audience = `${host.address}/tenants/${tenant}`;
  const publish = (...keys) => host.api('PUT', `/v1/tenants/${tenant}/issuers/rotating`, { kind: 'signals', issuer, jwks: { keys }, audiences: [audience] });
  const statusOf = async () => (await host.api('GET', `/v1/tenants/${tenant}/users/omar`)).status;
  await publish(old.jwk);
  await host.api('POST', `/v1/tenants/${tenant}/users`, { id: 'omar' });
  const token = await new jose.SignJWT({
    jti: crypto.randomUUID(), sub_id: { format: 'email', email: 'Omar' }, events: { 'https://schemas.openid.net/secevent/risc/event-type/account-disabled': {} },
  }).setProtectedHeader({ alg: 'ES256', typ: 'secevent+jwt', kid: 'k2' }).setIssuer(issuer).setAudience(audience).setIssuedAt().sign(young.privateKey);
  const sent = await fetch(`${audience}/ssf/events`, { method: 'POST', headers: { 'content-type': 'application/secevent+jwt' }, body: token });
  assert.equal(sent.status, 202);
  assert.equal(await statusOf(), 'active');
  await publish(old.jwk, young.jwk);
  assert.ok(await until(async () => (await statusOf()) === 'offboarded'));
});
