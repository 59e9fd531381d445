// The protocol's own conformance suite: `server` against the gateway in front of a server that nobody changed, which passes it alone first (the control), and `authorization` against the fabric.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as send } from 'node:http';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { after, before, test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { Browser, password } from './browser.mjs';
import { clientCredentials, discover } from './client.mjs';
import { freePort, startHost, startProgram, untilItAnswers } from './host.mjs';

const folderHere = dirname(fileURLToPath(import.meta.url));
const suite = join(folderHere, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');
const node = join(folderHere, 'node_modules/.bin/node');

// By revision: a server of it, and what it does not pass alone. The first lets every Host and Origin in; the gateway in front of it does not.
const revisions = {
  '2025-11-25': { program: 'everything.mjs', fails: ['dns-rebinding-protection'] },
  '2026-07-28': { program: 'everything-stateless.mjs', fails: [] },
};

// By run: checks that fail at the server behind, whatever is in front. Over stdio, version 2.4.0 of the SDK looks at the version of the first request alone, and answers one of any version after it; which versions a
// program has is not for the gateway to know.
const ofTheServer = { 'stdio-2026-07-28': ['sep-2575-server-unsupported-version-error', 'sep-2575-http-server-unsupported-version-400'] };
let host, tenant, folder;
const stops = [];

before(async () => {
  host = await startHost();
  tenant = await host.tenant();
  folder = await mkdtemp(join(tmpdir(), 'fabric-conformance-'));
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

// Runs the suite; `onLine` hears what it prints. What each scenario's checks came to, by scenario; one that broke off has none.
async function run(name, args, onLine = () => {}) {
  const output = join(folder, name);
  const child = spawn(node, [suite, ...args, '-o', output], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data) => {
      said += data;
      for (const line of String(data).split('\n')) {
        onLine(line);
      }
    });
  }
  await ended;
  const scenarios = new Map();
  for (const each of await readdir(output).catch(() => assert.fail(`the suite did not run: ${said}`))) {
    const scenario = /^(.*)-\d{4}-\d{2}-\d{2}T[\d-]+Z$/.exec(each)[1];
    const checks = await readFile(join(output, each, 'checks.json'), 'utf8').catch(() => null);
    if (checks) {
      scenarios.set(scenario, JSON.parse(checks));
    }
  }
  return scenarios;
}

const failures = (scenarios) => [...scenarios].filter(([, checks]) => checks.some((check) => check.status === 'FAILURE')).map(([name]) => name);

// What the suite counts for a revision (what it runs beside that, extensions and what its own server does not pass yet, it does not count either), all of which was run.
async function scored(name, revision, url) {
  const scenarios = await run(name, ['server', '--url', url, '--requirements', revision]);
  const required = await readFile(join(dirname(suite), '..', 'requirements', `${revision}.yaml`), 'utf8');
  const names = /^server:\n((?: +- .+\n)+)/m.exec(required)[1].trim().split('\n').map((line) => line.trim().slice('- '.length));
  assert.ok(names.length >= 30, `${names.length} scenarios`);
  return new Map(names.map((scenario) => [scenario, scenarios.get(`server-${scenario}`) ?? assert.fail(`${scenario} was not run`)]));
}
const why = (scenarios) => [...scenarios.values()].flat().filter((check) => check.status === 'FAILURE').map((check) => `${check.id}: ${check.errorMessage}`).join('\n');

// The suite has no token to send: whatever passes here gets one on its way.
async function withToken(port, target, token) {
  const proxy = createServer((incoming, outgoing) => {
    const forwarded = send(target, { method: incoming.method, path: incoming.url, headers: { ...incoming.headers, authorization: `Bearer ${token}` } }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  }).listen(port, '127.0.0.1');
  await once(proxy, 'listening');
  stops.unshift(async () => {
    proxy.closeAllConnections();
    proxy.close();
  });
  return `http://127.0.0.1:${port}/mcp`;
}

async function startEverything(program) {
  const port = await freePort();
  const child = spawn(process.execPath, [join(folderHere, program), 'http', `${port}`], { stdio: 'ignore' });
  stops.push(async () => child.kill());
  await untilItAnswers(`http://127.0.0.1:${port}/mcp`);
  return `http://127.0.0.1:${port}/mcp`;
}

async function startGateway(name, upstream) {
  const address = `http://127.0.0.1:${await freePort()}`;
  const inFront = await freePort();
  const secretFile = join(folder, `${name}.key`);
  await writeFile(secretFile, await host.enforcementPoint(tenant), { mode: 0o600 });
  const config = join(folder, `${name}.json`);
  await writeFile(config, JSON.stringify({
    Gateway: {
      Urls: address,
      Fabric: { Address: host.address, SecretFile: secretFile, Tenant: tenant, Name: name },
      Guard: { Resource: `${address}/mcp`, AuthorizationServers: [`${host.address}/tenants/${tenant}`], Tool: 'everything', AllowedOrigins: [`http://127.0.0.1:${inFront}`] },
      Upstream: upstream,
    },
  }));
  stops.unshift(await startProgram('client/Fabric.Gateway/Fabric.Gateway', ['--config', config], `${address}/healthz`));
  const agent = await host.agent(tenant, { scopes: [{ tool: 'everything' }] });
  const { access_token } = await clientCredentials(await discover(host, tenant), agent, oauth.ClientSecretBasic(agent.secret), { scope: 'everything', resource: `${address}/mcp` });
  return withToken(inFront, address, access_token);
}

for (const [revision, { program, fails }] of Object.entries(revisions)) {
  test(`${revision}, control: the server alone passes`, async () => {
    const scenarios = await scored(`control-${revision}`, revision, await startEverything(program));
    assert.deepEqual(failures(scenarios), fails, why(scenarios));
  });

  for (const kind of ['stdio', 'http']) {
    test(`${revision}, gateway in front of it, over ${kind}: passes`, async () => {
      const name = `${kind}-${revision}`;
      const upstream = kind === 'stdio' ? { Command: process.execPath, Arguments: [join(folderHere, program), 'stdio'] } : { Url: await startEverything(program) };
      const scenarios = await scored(name, revision, await startGateway(name, upstream));
      const failed = [...scenarios.values()].flat().filter((check) => check.status === 'FAILURE').map((check) => check.id);
      assert.deepEqual(failed, ofTheServer[name] ?? [], why(scenarios));
    });
  }
}

test('the authorization server passes', async () => {
  const port = await freePort();
  const user = 'mia';
  await host.api('POST', `/v1/tenants/${tenant}/users`, { id: user });
  await host.api('PUT', `/v1/tenants/${tenant}/users/${user}/sign-in`, { password });
  const agent = await host.agent(tenant, { kind: 'personal', owner: user });
  await host.api('PUT', `/v1/tenants/${tenant}/agents/${encodeURIComponent(agent.id)}/redirect-uris`, { redirectUris: [`http://127.0.0.1:${port}/callback`] });
  const settings = join(folder, 'authorization.json');
  await writeFile(settings, JSON.stringify({ url: `${host.address}/tenants/${tenant}`, clientId: agent.id, clientSecret: agent.secret }), { mode: 0o600 });

  // The suite prints where a person has to go.
  const decide = async (line) => {
    if (line.startsWith(`${host.address}/`) && line.includes('response_type=code')) {
      await fetch(await new Browser(user).decide(line.trim(), 'approve'));
    }
  };
  let decided = Promise.resolve();
  const scenarios = await run('authorization', ['authorization', '--file', settings, '--port', `${port}`], (line) => (decided = Promise.all([decided, decide(line)])));
  await decided;
  assert.deepEqual(failures(scenarios), [], why(scenarios));
  const done = [...scenarios.values()].flat().filter((check) => check.status === 'SUCCESS').map((check) => check.id);
  assert.ok(['authorization-server-metadata', 'authorization-code-grant'].every((id) => done.includes(id)), done.join());
});
