// Status lists (draft-ietf-oauth-status-list), as a verifier reads them that has a token, the published keys and nothing of ours: jose verifies, jwt-status-list decodes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { getListFromStatusListJWT, getStatusListFromJWT } from '@sd-jwt/jwt-status-list';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import { clientCredentials, discover } from './client.mjs';
import { startHost } from './host.mjs';

const [valid, invalid, suspended] = [0, 1, 2];
let host, tenant, server, keys;

before(async () => {
  host = await startHost({ Fabric__StatusLists__Tenants: '*' });
  tenant = await host.tenant();
  server = await discover(host, tenant);
  keys = jose.createRemoteJWKSet(new URL(server.jwks_uri));
});
after(() => host?.stop());

async function tokenOf(agent) {
  return (await clientCredentials(server, agent, oauth.ClientSecretBasic(agent.secret), { scope: 'mail' })).access_token;
}

async function statusOf(token) {
  const { idx, uri } = getStatusListFromJWT(token);
  const answer = await fetch(uri, { headers: { accept: 'application/statuslist+jwt' } });
  assert.equal(answer.status, 200);
  const list = await answer.text();
  const { payload } = await jose.jwtVerify(list, keys, { issuer: server.issuer, subject: uri, typ: 'statuslist+jwt', algorithms: ['ES256'] });
  assert.ok(payload.ttl > 0 && payload.exp > payload.iat);
  return getListFromStatusListJWT(list).getStatus(idx);
}

test('a lock suspends, its release makes valid again, and a revocation is final', async () => {
  const agent = await host.agent(tenant);
  const token = await tokenOf(agent);
  assert.equal(await statusOf(token), valid);
  const node = { kind: 'agent', tenant, id: agent.id };
  await host.api('POST', '/v1/locks', { node, reason: 'looking into it', seconds: 60 });
  assert.equal(await statusOf(token), suspended);
  await host.api('POST', '/v1/locks/release', { node, reason: 'all is well' });
  assert.equal(await statusOf(token), valid);
  await host.api('POST', '/v1/revocations', { node, mode: 'terminal', wait: 'confirmed' });
  assert.equal(await statusOf(token), invalid);
});

test('what is revoked leaves its siblings valid', async () => {
  const [one, other] = [await host.agent(tenant), await host.agent(tenant)];
  const [ended, kept] = [await tokenOf(one), await tokenOf(other)];
  await host.api('POST', '/v1/revocations', { node: { kind: 'agent', tenant, id: one.id }, mode: 'terminal', wait: 'confirmed' });
  assert.deepEqual([await statusOf(ended), await statusOf(kept)], [invalid, valid]);
});
