// Users who sign in at an identity provider that other people wrote (oidc-provider), on the pages of a host, for an agent that asks with oauth4webapi.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import { Browser } from './browser.mjs';
import { discover, insecure } from './client.mjs';
import { startHost, until } from './host.mjs';
import { client as ours, startUpstream } from './upstream.mjs';

const redirect = 'http://127.0.0.1:49153/cb';
let host, upstream, tenant, server, agent;

before(async () => {
  host = await startHost({ Fabric__Outbound__PlainHttpNetworks: '127.0.0.0/8', Fabric__OAuth__ClientDocumentHosts: '127.0.0.1' });
  tenant = await host.tenant();
  server = await discover(host, tenant);
  upstream = await startUpstream([`${server.issuer}/oauth/callback/corp`]);
  await host.api('POST', `/v1/tenants/${tenant}/users`, { id: 'mia' });
  agent = await host.agent(tenant, { kind: 'personal', owner: 'mia' });
  await host.api('PUT', `/v1/tenants/${tenant}/agents/${encodeURIComponent(agent.id)}/redirect-uris`, { redirectUris: [redirect] });
  const issuer = await host.api('PUT', `/v1/tenants/${tenant}/issuers/corp`, {
    kind: 'login', issuer: upstream.issuer, clientId: ours.client_id, clientSecret: ours.client_secret, algorithms: ['RS256'],
  });
  assert.equal(issuer.hasClientSecret, true);
  assert.ok(!JSON.stringify(issuer).includes(ours.client_secret));
});
after(async () => {
  await upstream?.stop();
  await host?.stop();
});

// Signs a user in at the provider on the way to an authorization request; the page that the browser comes back with, and the request.
async function signIn(user) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = `${server.authorization_endpoint}?${new URLSearchParams({
    client_id: agent.id, response_type: 'code', redirect_uri: redirect, scope: 'mail:send', state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
  })}`;
  const browser = new Browser(user);
  const back = await upstream.goThrough(await browser.leaveFor(url, 'corp'), user, server.issuer);
  return { browser, back, page: await browser.send(back), url, verifier, state };
}

// What began just as the host started may have been used before: it says so until that is over.
async function settled(user) {
  let got;
  await until(async () => (got = await signIn(user)).page.status === 303);
  return got;
}

test('a user of oidc-provider says yes to an agent, once for each sign-in', async () => {
  const { browser, back, page, url, verifier, state } = await settled('mia');
  assert.deepEqual([page.status, page.location], [303, url]);
  assert.equal(new URL(back).searchParams.get('iss'), upstream.issuer);
  const callback = await browser.decide(page.location, 'approve');
  const client = { client_id: agent.id };
  const checked = oauth.validateAuthResponse(server, client, new URL(callback), state);
  const answer = await oauth.authorizationCodeGrantRequest(server, client, oauth.ClientSecretBasic(agent.secret), checked, redirect, verifier, insecure);
  const got = await oauth.processAuthorizationCodeResponse(server, client, answer);
  assert.equal(jose.decodeJwt(got.access_token).sub, 'mia');
  assert.equal((await host.check(got.access_token, 'mail', 'send')).allowed, true);
  assert.equal((await browser.send(back)).status, 403);
  assert.equal((await new Browser('mia').send(back)).status, 403);
});

test('a user of oidc-provider whom the tenant does not know is refused and not made', async () => {
  await settled('mia');
  const { browser, page, url } = await signIn('nobody');
  assert.equal(page.status, 403);
  assert.match((await browser.send(url)).text, /name="password"/);
  const users = await host.api('GET', `/v1/tenants/${tenant}/users`);
  assert.deepEqual(users.items.map((user) => user.id), ['mia']);
});

test('an answer that names another issuer is not taken', async () => {
  const browser = new Browser('mia');
  const start = await browser.leaveFor(`${server.issuer}/oauth/approvals`, 'corp');
  const back = new URL(await upstream.goThrough(start, 'mia', server.issuer));
  back.searchParams.set('iss', 'https://evil.example');
  const page = await browser.send(back.href);
  assert.equal(page.status, 403);
  assert.match(page.text, /another issuer/);
});

test('a client whose id is the URL of its document is the agent that the tenant registered for it', async () => {
  const pair = await jose.generateKeyPair('ES256');
  const web = createServer().listen(0, '127.0.0.1');
  await once(web, 'listening');
  try {
    const url = `http://127.0.0.1:${web.address().port}/client.json`;
    const document = {
      client_id: url, redirect_uris: [redirect], token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [{ ...(await jose.exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' }] },
    };
    web.on('request', (_, answer) => answer.setHeader('content-type', 'application/json').end(JSON.stringify(document)));
    assert.equal(server.client_id_metadata_document_supported, true);
    const client = { client_id: url };
    const verifier = oauth.generateRandomCodeVerifier();
    const ask = async () => `${server.authorization_endpoint}?${new URLSearchParams({
      client_id: url, response_type: 'code', redirect_uri: redirect, scope: 'mail:send', code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256',
    })}`;
    assert.equal((await fetch(await ask(), { redirect: 'manual' })).status, 400);
    const id = `cimd:${createHash('sha256').update(url).digest('base64url')}`;
    await host.api('POST', `/v1/tenants/${tenant}/agents`, { id, kind: 'personal', owner: 'mia', scopes: [{ tool: 'mail' }] });
    const { browser } = await settled('mia');
    const checked = oauth.validateAuthResponse(server, client, new URL(await browser.decide(await ask(), 'approve')), oauth.expectNoState);
    const authentication = oauth.PrivateKeyJwt({ key: pair.privateKey, kid: 'k1' });

    // As in `settled`; a client that is not let in has not used its code.
    let answer;
    await until(async () => (answer = await oauth.authorizationCodeGrantRequest(server, client, authentication, checked, redirect, verifier, insecure)).status !== 503);
    const got = await oauth.processAuthorizationCodeResponse(server, client, answer);
    assert.deepEqual([jose.decodeJwt(got.access_token).client_id, jose.decodeJwt(got.access_token).sub], [id, 'mia']);
    assert.equal((await host.check(got.access_token, 'mail', 'send')).allowed, true);
    assert.equal((await host.check(got.access_token, 'files', 'read')).allowed, false);
  } finally {
    web.close();
    web.closeAllConnections();
  }
});
