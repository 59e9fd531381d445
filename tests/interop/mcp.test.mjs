// The MCP TypeScript SDK's client through discovery, token, tool calls, step-up and a revocation in mid-run: against a guarded server, and against the gateway in front of a program.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { auth, UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Browser, password } from './browser.mjs';
import { freePort, startHost, startProgram } from './host.mjs';

let host, tenant, folder;
const servers = {};
const stops = [];

before(async () => {
  host = await startHost({ Fabric__Outbound__PlainHttpNetworks: '127.0.0.0/8', Fabric__OAuth__ClientDocumentHosts: '127.0.0.1' });
  tenant = await host.tenant();
  folder = await mkdtemp(join(tmpdir(), 'fabric-mcp-'));
  const secret = await host.enforcementPoint(tenant);
  const secretFile = join(folder, 'edge.key');
  await writeFile(secretFile, secret, { mode: 0o600 });

  const guarded = `http://127.0.0.1:${await freePort()}`;
  stops.push(await startProgram('tests/Fabric.McpServer/Fabric.McpServer', ['guarded', guarded], `${guarded}/.well-known/oauth-protected-resource/mcp`, {
    FABRIC_ADDRESS: host.address, FABRIC_TENANT: tenant, FABRIC_SECRET_FILE: secretFile,
  }));
  servers.guarded = `${guarded}/mcp`;

  const gateway = `http://127.0.0.1:${await freePort()}`;
  const config = join(folder, 'gateway.json');
  const program = await host.program('tests/Fabric.McpServer/Fabric.McpServer');
  await writeFile(config, JSON.stringify({
    Gateway: {
      Urls: gateway,
      Fabric: { Address: host.address, SecretFile: secretFile, Tenant: tenant, Name: 'gateway' },
      Guard: { Resource: `${gateway}/mcp`, AuthorizationServers: [`${host.address}/tenants/${tenant}`], Tool: 'notes', Tools: [{ Name: 'write', Resource: 'notes/{*path}' }] },
      Upstream: { Command: program[0], Arguments: [...program.slice(1), 'stdio'] },
    },
  }));
  stops.push(await startProgram('client/Fabric.Gateway/Fabric.Gateway', ['--config', config], `${gateway}/healthz`));
  servers.gateway = `${gateway}/mcp`;
});

after(async () => {
  for (const stop of stops) {
    await stop();
  }
  await host?.stop();
  if (folder) {
    await rm(folder, { recursive: true, force: true });
  }
});

// This client wants an authorization endpoint in the metadata of every server, also for client credentials (its schema of RFC 8414 asks for one): a server without the code grant has none to name.
async function fetchWithEndpoint(url, init) {
  const answer = await fetch(url, init);
  if (!answer.ok || !String(url).includes('/.well-known/oauth-authorization-server') && !String(url).includes('/.well-known/openid-configuration')) {
    return answer;
  }
  const said = await answer.json();
  return Response.json({ authorization_endpoint: `${said.issuer}/none`, response_types_supported: [], ...said });
}

// For client credentials this client always asks for the scope that it was made with, also when a challenge names another: here it is told what the challenge says.
class SteppingUp extends ClientCredentialsProvider {
  prepareTokenRequest(scope) {
    return super.prepareTokenRequest(this.challenged ?? scope);
  }
}

async function connect(url, agent, scope) {
  const authProvider = new SteppingUp({ clientId: agent.id, clientSecret: agent.secret, expectedIssuer: `${host.address}/tenants/${tenant}`, scope });
  const client = new Client({ name: 'interop', version: '1' }, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, async () => ({ action: 'accept', content: { name: 'mia' } }));
  const fetchAndHear = async (...request) => {
    const answer = await fetchWithEndpoint(...request);
    authProvider.challenged = /scope="([^"]*)"/.exec((answer.status === 403 && answer.headers.get('www-authenticate')) || '')?.[1] ?? authProvider.challenged;
    return answer;
  };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider, fetch: fetchAndHear }));
  return { client, authProvider };
}

// This client puts ids into Basic as they stand, not form-urlencoded (RFC 6749 section 2.3.1): these have nothing to encode.
let agents = 0;
const agentOf = (scopes = [{ tool: 'notes' }]) => host.agent(tenant, { id: `bot${++agents}`, scopes });
const textOf = (result) => result.content[0].text;

for (const name of ['guarded', 'gateway']) {
  test(`${name}: the client finds the issuer, gets a token and calls a tool`, async () => {
    const { client, authProvider } = await connect(servers[name], await agentOf(), 'notes');
    const claims = JSON.parse(Buffer.from(authProvider.tokens().access_token.split('.')[1], 'base64url'));
    assert.equal(claims.aud, servers[name]);
    assert.equal((await client.listTools()).tools.length, 8);
    assert.equal(textOf(await client.callTool({ name: 'echo', arguments: { text: 'hello' } })), 'hello');
    const steps = [];
    const done = await client.callTool({ name: 'steps', arguments: { count: 3 } }, undefined, { onprogress: (progress) => steps.push(progress.progress) });
    assert.equal(textOf(done), '3 steps');
    assert.deepEqual(steps, [1, 2, 3]);
    await client.close();
  });

  test(`${name}: a scope that does not reach is stepped up to what the challenge says, as far as the agent may`, async () => {
    const { client, authProvider } = await connect(servers[name], await agentOf(), 'notes:echo');
    const first = authProvider.tokens().access_token;
    assert.equal(textOf(await client.callTool({ name: 'write', arguments: { path: 'a' } })), 'wrote a');
    assert.notEqual(authProvider.tokens().access_token, first);
    assert.match(authProvider.tokens().scope, /notes:write:notes\/a/);
    await client.close();

    const narrow = await agentOf([{ tool: 'notes', action: 'echo' }]);
    const other = await connect(servers[name], narrow, 'notes:echo');
    await assert.rejects(other.client.callTool({ name: 'write', arguments: { path: 'a' } }));
    await other.client.close();
  });

  test(`${name}: a revocation in mid-run ends the call, and the next one`, async () => {
    const agent = await agentOf();
    const { client } = await connect(servers[name], agent, 'notes');
    let begun;
    const beginning = new Promise((resolve) => (begun = resolve));
    const running = client.callTool({ name: 'endless', arguments: { marker: join(folder, `marker-${name}`) } }, undefined, { onprogress: () => begun() });
    await beginning;
    const receipt = await host.api('POST', '/v1/revocations', { node: { kind: 'agent', tenant, id: agent.id }, mode: 'terminal', wait: 'confirmed' });
    assert.equal(receipt.state, 'confirmed');
    const result = await running;
    assert.equal(result.isError, true);
    assert.equal(result._meta['fabric/code'], 'agent.revoked');
    await assert.rejects(client.callTool({ name: 'echo', arguments: { text: 'hello' } }));
    await client.close();
  });

  test(`${name}: a model is told why it is denied`, async () => {
    const { client } = await connect(servers[name], await agentOf(), 'notes');
    const unclear = await client.callTool({ name: 'write', arguments: { path: '../a' } });
    assert.equal(unclear.isError, true);
    assert.match(textOf(unclear), /request\.unclear/);
    await client.close();
  });
}

const redirect = 'http://127.0.0.1:49154/cb';

// As an application does it that a user runs: it sends the user's browser off, and goes on with the code that comes back.
class SigningIn {
  constructor(agent, user, scope) {
    [this.agent, this.user, this.scope] = [agent, user, scope];
  }

  get redirectUrl() {
    return redirect;
  }

  get clientMetadata() {
    return { redirect_uris: [redirect], scope: this.scope, token_endpoint_auth_method: 'client_secret_post' };
  }

  clientInformation() {
    return { client_id: this.agent.id, client_secret: this.agent.secret };
  }

  tokens() {
    return this.saved;
  }

  saveTokens(tokens) {
    this.saved = tokens;
  }

  // It asks at once for all that it will need: the library asks for what the server's metadata names.
  async redirectToAuthorization(url) {
    url.searchParams.set('scope', this.scope);
    this.callback = new URL(await new Browser(this.user).decide(url.href, 'approve'));
  }

  saveCodeVerifier(verifier) {
    this.verifier = verifier;
  }

  codeVerifier() {
    return this.verifier;
  }
}

for (const name of ['guarded', 'gateway']) {
  test(`${name}: a user signs in and says yes, the client calls a tool for them, and their offboarding ends it in mid-run`, async () => {
    const user = `mia-${name}`;
    await host.api('POST', `/v1/tenants/${tenant}/users`, { id: user });
    await host.api('PUT', `/v1/tenants/${tenant}/users/${user}/sign-in`, { password });
    const agent = await host.agent(tenant, { id: `app${++agents}`, kind: 'personal', owner: user, scopes: [{ tool: 'notes' }] });
    await host.api('PUT', `/v1/tenants/${tenant}/agents/${agent.id}/redirect-uris`, { redirectUris: [redirect] });

    const authProvider = new SigningIn(agent, user, 'notes');
    const connecting = new StreamableHTTPClientTransport(new URL(servers[name]), { authProvider });
    await assert.rejects(new Client({ name: 'interop', version: '1' }).connect(connecting), UnauthorizedError);
    assert.equal(authProvider.callback.searchParams.get('iss'), `${host.address}/tenants/${tenant}`);
    await connecting.finishAuth(authProvider.callback.searchParams.get('code'));
    const claims = JSON.parse(Buffer.from(authProvider.tokens().access_token.split('.')[1], 'base64url'));
    assert.deepEqual([claims.sub, claims.client_id, claims.aud], [user, agent.id, servers[name]]);

    const client = new Client({ name: 'interop', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(servers[name]), { authProvider }));
    assert.equal(textOf(await client.callTool({ name: 'echo', arguments: { text: 'hello' } })), 'hello');
    let begun;
    const beginning = new Promise((resolve) => (begun = resolve));
    const running = client.callTool({ name: 'endless', arguments: { marker: join(folder, `login-${name}`) } }, undefined, { onprogress: () => begun() });
    await beginning;
    const receipt = await host.api('POST', '/v1/revocations', { node: { kind: 'user', tenant, id: user }, mode: 'terminal', wait: 'confirmed' });
    assert.equal(receipt.state, 'confirmed');
    const ended = await running;
    assert.deepEqual([ended.isError, ended._meta['fabric/code']], [true, 'user.revoked']);
    await assert.rejects(client.callTool({ name: 'echo', arguments: { text: 'hello' } }));
    await client.close();
  });
}

// As an application does it that keeps no secret: its name is the URL of its document, which is on this machine, or what it is told when it registers. (This client takes a URL of its own accord where that is https.)
class WithoutSecret extends SigningIn {
  constructor(information, user, scope) {
    super(undefined, user, scope);
    this.information = information;
  }

  get clientMetadata() {
    return { redirect_uris: [redirect], scope: this.scope, token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] };
  }

  clientInformation() {
    return this.information;
  }

  saveClientInformation(information) {
    this.information = information;
  }
}

async function signInWithoutSecret(authProvider, fetchWith = fetch) {
  const connecting = new StreamableHTTPClientTransport(new URL(servers.guarded), { authProvider, fetch: fetchWith });
  await assert.rejects(new Client({ name: 'interop', version: '1' }).connect(connecting), UnauthorizedError);
  await connecting.finishAuth(authProvider.callback.searchParams.get('code'));
  const client = new Client({ name: 'interop', version: '1' });
  await client.connect(new StreamableHTTPClientTransport(new URL(servers.guarded), { authProvider }));
  assert.equal(textOf(await client.callTool({ name: 'echo', arguments: { text: 'hello' } })), 'hello');
  return client;
}

async function userOf(id) {
  await host.api('POST', `/v1/tenants/${tenant}/users`, { id });
  await host.api('PUT', `/v1/tenants/${tenant}/users/${id}/sign-in`, { password });
  return id;
}

test('guarded: a client whose id is the URL of its document, and that has no secret, goes through login, refreshes, and is ended by a reuse', async () => {
  const owner = await userOf('mia-document');
  const web = createServer((_, answer) => answer.setHeader('content-type', 'application/json').end(JSON.stringify(document))).listen(0, '127.0.0.1');
  await once(web, 'listening');
  const url = `http://127.0.0.1:${web.address().port}/client.json`;
  const document = { client_id: url, redirect_uris: ['http://127.0.0.1/cb'], token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] };
  try {
    const id = `cimd:${createHash('sha256').update(url).digest('base64url')}`;
    await host.agent(tenant, { id, kind: 'personal', owner, scopes: [{ tool: 'notes' }] });
    const authProvider = new WithoutSecret({ client_id: url }, owner, 'notes');
    const client = await signInWithoutSecret(authProvider);
    const first = authProvider.tokens();
    const claims = JSON.parse(Buffer.from(first.access_token.split('.')[1], 'base64url'));
    assert.deepEqual([claims.sub, claims.client_id, claims.aud], [owner, id, servers.guarded]);

    assert.equal(await auth(authProvider, { serverUrl: servers.guarded }), 'AUTHORIZED');
    assert.notEqual(authProvider.tokens().refresh_token, first.refresh_token);
    assert.equal(textOf(await client.callTool({ name: 'echo', arguments: { text: 'again' } })), 'again');

    const isAllowed = async () => (await host.check(authProvider.tokens().access_token, 'notes', 'echo', { audience: servers.guarded })).allowed;
    assert.equal(await isAllowed(), true);

    // Somebody else shows the token that was replaced.
    const body = new URLSearchParams({ client_id: url, grant_type: 'refresh_token', refresh_token: first.refresh_token });
    const stolen = await fetch(`${host.address}/tenants/${tenant}/oauth/token`, { method: 'POST', body });
    assert.deepEqual([stolen.status, (await stolen.json()).error], [400, 'invalid_grant']);
    assert.equal(await isAllowed(), false);
    await client.close();
  } finally {
    web.close();
    web.closeAllConnections();
  }
});

test('guarded: a client that registers itself without a secret goes through login', async () => {
  const owner = await userOf('mia-registered');
  const made = await host.api('POST', `/v1/tenants/${tenant}/registration-tokens`, { name: 'Notebook', kind: 'personal', owner, scopes: [{ tool: 'notes' }] });

  // This client has no place for an initial access token, and registers for the scope of the first challenge alone: here it goes on with the token, for all that the token gives.
  const register = (init) => ({ ...init, headers: { ...init.headers, authorization: `Bearer ${made.secret}` }, body: JSON.stringify({ ...JSON.parse(init.body), scope: undefined }) });
  const withToken = (address, init) => fetch(address, String(address).endsWith('/oauth/register') ? register(init) : init);
  const authProvider = new WithoutSecret(undefined, owner, 'notes');
  const client = await signInWithoutSecret(authProvider, withToken);
  assert.deepEqual([authProvider.information.token_endpoint_auth_method, authProvider.information.client_secret], ['none', undefined]);
  await host.api('POST', '/v1/revocations', { node: { kind: 'agent', tenant, id: authProvider.information.client_id }, mode: 'terminal', wait: 'confirmed' });
  await assert.rejects(client.callTool({ name: 'echo', arguments: { text: 'hello' } }));
  await client.close();
});

test('gateway: a question of the server reaches the client', async () => {
  const { client } = await connect(servers.gateway, await agentOf(), 'notes');
  assert.equal(textOf(await client.callTool({ name: 'ask', arguments: {} })), 'hello mia');
  await client.close();
});
