// Status lists (draft-ietf-oauth-status-list), as a verifier reads them that has a token, the published keys and nothing of ours: as JWT jose verifies and jwt-status-list decodes, as CWT @auth0/cose and cbor-x do.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Algorithms, COSEKey, Sign1 } from '@auth0/cose';
import { getListFromStatusListJWT, getStatusListFromJWT, StatusList } from '@sd-jwt/jwt-status-list';
import { Decoder } from 'cbor-x';
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

// The labels of RFC 8392 section 4 and of the draft's section 14.4; the headers of RFC 9052 section 3.1 and RFC 9596.
const labels = { iss: 1, sub: 2, exp: 4, iat: 6, statusList: 65533, ttl: 65534, alg: 1, typ: 16 };
const cbor = new Decoder({ mapsAsObjects: false });

async function fetchCwt(uri) {
  const answer = await fetch(uri, { headers: { accept: 'application/statuslist+cwt' } });
  assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'application/statuslist+cwt']);
  return { message: Sign1.decode(new Uint8Array(await answer.arrayBuffer())), maxAge: Number(/max-age=(\d+)/.exec(answer.headers.get('cache-control'))[1]) };
}

async function keyOf(kid, of = server) {
  const { keys: published } = await (await fetch(of.jwks_uri)).json();
  return COSEKey.fromJWK(published.find((key) => !kid || key.kid === kid)).toKeyLike();
}

async function cwtStatusOf(token) {
  const { idx, uri } = getStatusListFromJWT(token);
  const { message, maxAge } = await fetchCwt(uri);
  assert.deepEqual([message.protectedHeaders.get(labels.alg), message.protectedHeaders.get(labels.typ)], [Algorithms.ES256, 'application/statuslist+cwt']);
  await message.verify(await keyOf(Buffer.from(message.kid).toString()), { algorithms: [Algorithms.ES256] });
  const claims = cbor.decode(message.payload);
  assert.deepEqual([claims.get(labels.iss), claims.get(labels.sub)], [server.issuer, uri]);
  const [iat, exp, ttl] = [labels.iat, labels.exp, labels.ttl].map((label) => claims.get(label));
  assert.ok(Math.abs(iat - Date.now() / 1000) < 10, `${iat}`);
  assert.deepEqual([ttl, exp], [maxAge, iat + 2 * ttl]);
  const list = claims.get(labels.statusList);
  assert.equal(list.get('bits'), 2);
  return StatusList.decompressStatusList(Buffer.from(list.get('lst')).toString('base64url'), list.get('bits')).getStatus(idx);
}

// What a list says in both its forms.
async function bothOf(token) {
  return [await statusOf(token), await cwtStatusOf(token)];
}

test('a lock suspends, its release makes valid again, and a revocation is final', async () => {
  const agent = await host.agent(tenant);
  const token = await tokenOf(agent);
  assert.deepEqual(await bothOf(token), [valid, valid]);
  const node = { kind: 'agent', tenant, id: agent.id };
  await host.api('POST', '/v1/locks', { node, reason: 'looking into it', seconds: 60 });
  assert.deepEqual(await bothOf(token), [suspended, suspended]);
  await host.api('POST', '/v1/locks/release', { node, reason: 'all is well' });
  assert.deepEqual(await bothOf(token), [valid, valid]);
  await host.api('POST', '/v1/revocations', { node, mode: 'terminal', wait: 'confirmed' });
  assert.deepEqual(await bothOf(token), [invalid, invalid]);
});

test('what is revoked leaves its siblings valid', async () => {
  const [one, other] = [await host.agent(tenant), await host.agent(tenant)];
  const [ended, kept] = [await tokenOf(one), await tokenOf(other)];
  await host.api('POST', '/v1/revocations', { node: { kind: 'agent', tenant, id: one.id }, mode: 'terminal', wait: 'confirmed' });
  assert.deepEqual([await bothOf(ended), await bothOf(kept)], [[invalid, invalid], [valid, valid]]);
});

test('a list as CWT holds under its tenant\'s key alone, and unchanged', async () => {
  const { uri } = getStatusListFromJWT(await tokenOf(await host.agent(tenant)));
  const { message } = await fetchCwt(uri);
  const other = await host.tenant();
  await host.agent(other);
  const foreign = await keyOf(null, await discover(host, other));
  const own = await keyOf(Buffer.from(message.kid).toString());
  await message.verify(own, { algorithms: [Algorithms.ES256] });
  await assert.rejects(message.verify(foreign, { algorithms: [Algorithms.ES256] }));
  const changed = Uint8Array.from(message.payload, (byte, at) => (at === message.payload.length - 1 ? byte ^ 1 : byte));
  await assert.rejects(new Sign1(message.protectedHeaders, message.unprotectedHeaders, changed, message.signature).verify(own, { algorithms: [Algorithms.ES256] }));
});
