// Clients with keys of their own: private_key_jwt and DPoP, honest by oauth4webapi and dishonest by jose.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import { clientCredentials, discover, errorOf, exchange, insecure, introspect, isError } from './client.mjs';
import { startHost, until } from './host.mjs';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
let host, tenant, server, agent, pair, jwk;

before(async () => {
  host = await startHost();
  tenant = await host.tenant();
  server = await discover(host, tenant);
  agent = await host.agent(tenant);
  pair = await oauth.generateKeyPair('ES256', { extractable: true });
  jwk = await jose.exportJWK(pair.publicKey);
  await host.api('PUT', `/v1/tenants/${tenant}/agents/${encodeURIComponent(agent.id)}/keys`, { keys: [{ kid: 'k1', ...jwk }] });

  // What was made just as the host started may have been used before: it says so until that is over.
  await until(async () => await assertionError({}) !== 'temporarily_unavailable');
});
after(() => host?.stop());

const claims = (change = {}) => {
  const now = Math.floor(Date.now() / 1000);
  return { iss: agent.id, sub: agent.id, aud: server.issuer, iat: now, exp: now + 60, jti: crypto.randomUUID(), ...change };
};

const sign = (change, header = {}, key = pair.privateKey) => new jose.SignJWT(claims(change)).setProtectedHeader({ alg: 'ES256', kid: 'k1', ...header }).sign(key);

const send = (assertion) => errorOf(server.token_endpoint, { grant_type: 'client_credentials', client_assertion_type: assertionType, client_assertion: assertion });

async function assertionError(change, header, key) {
  return (await send(await sign(change, header, key)))[1];
}

test('an agent that signs needs no secret', async () => {
  const key = oauth.PrivateKeyJwt({ key: pair.privateKey, kid: 'k1' });
  const got = await clientCredentials(server, agent, key, { scope: 'mail' });
  assert.equal((await introspect(server, agent, got.access_token, key)).client_id, agent.id);
});

test('an assertion is refused the second time', async () => {
  const assertion = await sign();
  assert.equal((await send(assertion))[1], undefined);
  assert.deepEqual(await send(assertion), [401, 'invalid_client']);
});

test('an assertion for another audience, of another time or with another algorithm is refused', async () => {
  const now = Math.floor(Date.now() / 1000);
  for (const change of [
    { aud: server.token_endpoint }, { aud: [server.issuer, 'https://other.example'] }, { aud: host.address }, { exp: now - 60 }, { exp: now + 3600 }, { iat: now + 60 },
    { iat: undefined }, { jti: undefined }, { exp: undefined }, { iss: 'somebody' }, { sub: 'somebody' },
  ]) {
    assert.equal(await assertionError(change), 'invalid_client', JSON.stringify(change));
  }
  const other = await jose.generateKeyPair('ES256');
  assert.equal(await assertionError({}, {}, other.privateKey), 'invalid_client');
  assert.equal(await assertionError({}, { typ: 'dpop+jwt' }), 'invalid_client');
  assert.equal(await assertionError({}, { kid: 'k2' }), 'invalid_client');
  assert.equal(await assertionError({}, { jwk }), 'invalid_client');
  for (const secret of [JSON.stringify(jwk), await jose.exportSPKI(pair.publicKey)]) {
    assert.equal(await assertionError({}, { alg: 'HS256' }, new TextEncoder().encode(secret)), 'invalid_client');
  }
  const rsa = await jose.generateKeyPair('RS256');
  assert.equal(await assertionError({}, { alg: 'RS256' }, rsa.privateKey), 'invalid_client');
  assert.deepEqual(await send(new jose.UnsecuredJWT(claims()).encode()), [401, 'invalid_client']);
});

test('DPoP binds the token to the key, with the nonce that the server asks for', async () => {
  const dpopKeys = await oauth.generateKeyPair('ES256');
  const DPoP = oauth.DPoP({ client_id: agent.id }, dpopKeys);
  const ask = () => clientCredentials(server, agent, oauth.ClientSecretBasic(agent.secret), { resource: 'https://mail.example' }, { DPoP });
  await assert.rejects(ask(), (error) => oauth.isDPoPNonceError(error));
  const got = await ask();
  assert.equal(got.token_type, 'dpop');
  const thumbprint = await jose.calculateJwkThumbprint(await jose.exportJWK(dpopKeys.publicKey));
  assert.deepEqual(jose.decodeJwt(got.access_token).cnf, { jkt: thumbprint });
  assert.deepEqual((await introspect(server, agent, got.access_token)).cnf, { jkt: thumbprint });

  // To who only bears it, it is nothing; with the key, a resource server's library takes it.
  assert.equal((await host.check(got.access_token, 'mail', 'send')).code, 'token.proof_needed');
  assert.equal((await host.check(got.access_token, 'mail', 'send', { proofKey: thumbprint })).allowed, true);
  const worker = await host.agent(tenant);
  await assert.rejects(exchange(server, worker, got.access_token), isError('invalid_request'));
  const resource = 'https://mail.example/';
  const headers = new Headers();
  const response = await oauth.protectedResourceRequest(got.access_token, 'GET', new URL(resource), headers, null, {
    DPoP, [oauth.customFetch]: async (url, options) => {
      const request = new Request(url, { method: options.method, headers: options.headers });
      await oauth.validateJwtAccessToken(server, request, 'https://mail.example', insecure);
      return new Response('seen');
    },
  });
  assert.equal(await response.text(), 'seen');
});

test('a proof is refused the second time, and when it is of another request', async () => {
  const key = await jose.generateKeyPair('ES256', { extractable: true });
  const dpopJwk = await jose.exportJWK(key.publicKey);
  let nonce;
  const proof = (change = {}, header = {}) => new jose.SignJWT({ htm: 'POST', htu: server.token_endpoint, jti: crypto.randomUUID(), nonce, ...change })
    .setIssuedAt(change.iat).setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: dpopJwk, ...header }).sign(key.privateKey);
  const ask = async (dpop) => {
    const answer = await fetch(server.token_endpoint, {
      method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', client_id: agent.id, client_secret: agent.secret }), headers: { dpop },
    });
    nonce = answer.headers.get('dpop-nonce');
    return (await answer.json()).error;
  };
  assert.equal(await ask(await proof()), 'use_dpop_nonce');
  const good = await proof();
  assert.equal(await ask(good), undefined);
  assert.equal(await ask(good), 'invalid_dpop_proof');
  const now = Math.floor(Date.now() / 1000);
  for (const change of [{ htm: 'GET' }, { htu: server.revocation_endpoint }, { iat: now + 120 }, { iat: now - 3600 }, { jti: undefined }]) {
    assert.equal(await ask(await proof(change)), 'invalid_dpop_proof', JSON.stringify(change));
  }
  assert.equal(await ask(await proof({ nonce: 'made-up' })), 'use_dpop_nonce');
  const whole = await jose.exportJWK(key.privateKey);
  const other = await jose.exportJWK((await jose.generateKeyPair('ES256', { extractable: true })).publicKey);
  for (const header of [{ jwk: whole }, { jwk: other }, { typ: 'JWT' }, { jwk: undefined }]) {
    assert.equal(await ask(await proof({}, header)), 'invalid_dpop_proof', JSON.stringify(Object.keys(header)));
  }
});

test('a key with its private part is not taken in', async () => {
  const whole = await jose.exportJWK(pair.privateKey);
  await assert.rejects(
    host.api('PUT', `/v1/tenants/${tenant}/agents/${encodeURIComponent(agent.id)}/keys`, { keys: [{ kid: 'k1', ...whole }] }), /request\.unknown_field/);
});
