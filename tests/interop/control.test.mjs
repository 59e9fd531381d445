// The same scripts against an authorization server that other people wrote (oidc-provider) first, then against the fabric: what fails there is the script's fault.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as jose from 'jose';
import * as oauth from 'oauth4webapi';
import { Browser, password } from './browser.mjs';
import { clientCredentials, discover, insecure, introspect, isError, revoke } from './client.mjs';
import { startHost, until } from './host.mjs';
import { startUpstream } from './upstream.mjs';

const redirect = 'http://127.0.0.1:49152/cb';
const user = 'mia';

// A server under test: its metadata, a client with a secret and one with a key, and a user who says yes.
async function startProvider(keys) {
  const common = { redirect_uris: [redirect], grant_types: ['authorization_code', 'client_credentials', 'refresh_token'], response_types: ['code'] };
  const secret = 'another-secret-of-the-tests-which-is-long-enough';
  const upstream = await startUpstream([], {
    clients: [
      { ...common, client_id: 'bot', client_secret: secret, token_endpoint_auth_method: 'client_secret_basic' },
      { ...common, client_id: 'signer', token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: 'ES256', jwks: { keys: [{ ...(await jose.exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] } },
    ],
    scopes: ['openid', 'offline_access', 'agent'],
    features: { devInteractions: { enabled: true }, clientCredentials: { enabled: true }, introspection: { enabled: true }, revocation: { enabled: true }, dPoP: { enabled: true } },
    issueRefreshToken: async () => true,
    rotateRefreshToken: true,
  });
  return {
    server: upstream.as, bot: { id: 'bot', secret }, signer: { id: 'signer' }, scope: { client: 'agent', user: 'openid offline_access agent' }, extra: { prompt: 'consent' },
    approve: (url) => upstream.goThrough(url, user, redirect), stop: upstream.stop,
  };
}

async function startFabric(keys) {
  const host = await startHost();
  const tenant = await host.tenant();
  await host.api('POST', `/v1/tenants/${tenant}/users`, { id: user });
  await host.api('PUT', `/v1/tenants/${tenant}/users/${user}/sign-in`, { password });
  const agents = [await host.agent(tenant, { kind: 'personal', owner: user }), await host.agent(tenant)];
  const path = (agent) => `/v1/tenants/${tenant}/agents/${encodeURIComponent(agent.id)}`;
  await host.api('PUT', `${path(agents[0])}/redirect-uris`, { redirectUris: [redirect] });
  await host.api('PUT', `${path(agents[1])}/keys`, { keys: [{ kid: 'k1', ...(await jose.exportJWK(keys.publicKey)) }] });
  return {
    server: await discover(host, tenant), bot: agents[0], signer: agents[1], scope: { client: 'mail', user: 'mail:send' }, extra: { purpose: 'send the report' },
    approve: (url) => new Browser(user).decide(url, 'approve'), stop: host.stop,
  };
}

for (const [name, start] of [['control: oidc-provider', startProvider], ['the fabric', startFabric]]) {
  describe(name, () => {
    let at, server, keys, client, secret;

    before(async () => {
      keys = await oauth.generateKeyPair('ES256', { extractable: true });
      at = await start(keys);
      [server, client, secret] = [at.server, { client_id: at.bot.id }, oauth.ClientSecretBasic(at.bot.secret)];
    });
    after(() => at?.stop());

    async function begin(extra = {}) {
      const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()];
      return { verifier, state, parameters: new URLSearchParams({
        client_id: at.bot.id, response_type: 'code', redirect_uri: redirect, scope: at.scope.user, state,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...at.extra, ...extra,
      }) };
    }

    const approve = (parameters) => at.approve(`${server.authorization_endpoint}?${parameters}`);

    async function redeem({ verifier, state }, callback, options = {}) {
      const checked = oauth.validateAuthResponse(server, client, new URL(callback), state);
      const answer = await oauth.authorizationCodeGrantRequest(server, client, secret, checked, redirect, verifier, { ...insecure, ...options });
      return oauth.processAuthorizationCodeResponse(server, client, answer);
    }

    const refresh = async (token, options = {}) => oauth.processRefreshTokenResponse(
      server, client, await oauth.refreshTokenGrantRequest(server, client, secret, token, { ...insecure, ...options }));

    // Asks again with the nonce that the first answer has brought, as a server may want it (RFC 9449 section 8).
    const withNonce = (ask) => ask().catch((error) => {
      if (!oauth.isDPoPNonceError(error)) {
        throw error;
      }
      return ask();
    });

    test('client credentials, introspection, revocation', async () => {
      const got = await clientCredentials(server, at.bot, secret, { scope: at.scope.client });
      assert.equal(got.token_type, 'bearer');
      const said = await introspect(server, at.bot, got.access_token);
      assert.equal(said.active, true);
      assert.equal(said.client_id, at.bot.id);
      await revoke(server, at.bot, got.access_token);
      assert.equal((await introspect(server, at.bot, got.access_token)).active, false);
      await assert.rejects(clientCredentials(server, at.bot, oauth.ClientSecretBasic('wrong'), { scope: at.scope.client }), isError('invalid_client'));
    });

    test('a client that signs needs no secret, and its assertion counts once', async () => {
      const sent = [];
      const hear = { [oauth.customFetch]: (url, options) => {
        sent.push(new URLSearchParams(options.body));
        return fetch(url, options);
      } };
      // What was made just as a server started may have been used before: it may answer 503 until that is over.
      const ask = () => clientCredentials(server, at.signer, oauth.PrivateKeyJwt({ key: keys.privateKey, kid: 'k1' }), { scope: at.scope.client }, hear);
      let got;
      await until(async () => (got = await ask().catch((error) => {
        if (error.cause?.status !== 503) {
          throw error;
        }
      })));
      assert.ok(got.access_token);
      const again = await fetch(server.token_endpoint, { method: 'POST', body: sent.at(-1) });
      assert.deepEqual([again.status, (await again.json()).error], [401, 'invalid_client']);
    });

    test('a code with PKCE, pushed before (RFC 9126), is good once', async () => {
      const started = await begin();
      const pushed = await oauth.processPushedAuthorizationResponse(server, client, await oauth.pushedAuthorizationRequest(server, client, secret, started.parameters, insecure));
      const callback = await approve(new URLSearchParams({ client_id: at.bot.id, request_uri: pushed.request_uri }));
      const got = await redeem(started, callback);
      assert.equal((await introspect(server, at.bot, got.access_token)).sub, user);
      await assert.rejects(redeem(started, callback), isError('invalid_grant'));
      assert.equal((await introspect(server, at.bot, got.access_token)).active, false);
    });

    test('a code without its verifier, and one at another address, are refused', async () => {
      const started = await begin();
      const callback = await approve(started.parameters);
      await assert.rejects(redeem({ ...started, verifier: oauth.generateRandomCodeVerifier() }, callback), isError('invalid_grant'));
      const stray = await begin({ redirect_uri: 'http://127.0.0.1:49152/other' });
      const answer = await fetch(`${server.authorization_endpoint}?${stray.parameters}`, { redirect: 'manual' });
      assert.equal(answer.status, 400);
      assert.equal(answer.headers.get('location'), null);
    });

    test('a refresh token turns over, and one that is used again ends what came of it', async () => {
      const started = await begin();
      const got = await redeem(started, await approve(started.parameters));
      const next = await refresh(got.refresh_token);
      assert.notEqual(next.refresh_token, got.refresh_token);
      // Past the time in which a lost answer may be asked for again.
      const last = await refresh(next.refresh_token);
      await assert.rejects(refresh(got.refresh_token), isError('invalid_grant'));
      await assert.rejects(refresh(last.refresh_token), isError('invalid_grant'));
      assert.equal((await introspect(server, at.bot, last.access_token)).active, false);
    });

    test('DPoP binds what is issued to a key', async () => {
      const DPoP = oauth.DPoP(client, await oauth.generateKeyPair('ES256', { extractable: true }));
      const got = await withNonce(() => clientCredentials(server, at.bot, secret, { scope: at.scope.client }, { DPoP }));
      assert.equal(got.token_type, 'dpop');
      assert.match((await introspect(server, at.bot, got.access_token)).cnf.jkt, /^[A-Za-z0-9_-]{43}$/);
    });
  });
}
