// A host of its own for a run: a free port, a folder that is gone afterwards, an operator's key, and the calls that set a scene up.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const startLimitMs = 60_000;

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

// The newest build of a project of this repository, as a command.
function programOf(project) {
  const [folder, name] = [dirname(project), project.slice(project.lastIndexOf('/') + 1)];
  const [built] = ['Release', 'Debug'].map((kind) => join(repository, folder, 'bin', kind, 'net10.0', `${name}.dll`)).filter(existsSync)
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  return built ? ['dotnet', built] : ['dotnet', 'run', '--project', join(repository, folder), '--'];
}

// FABRIC_HOST: the command that runs the host, separated by spaces; else the newest build in this repository.
const command = () => process.env.FABRIC_HOST?.split(' ') ?? programOf('silo/Fabric.Silo');

// Asks until the answer is yes; false: whoever would answer is gone, or it took too long.
export async function until(asks, isGone = () => false) {
  const deadline = Date.now() + startLimitMs;
  while (!(await asks())) {
    if (isGone() || Date.now() > deadline) {
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return true;
}

const isOk = (address) => () => fetch(address).then((answer) => answer.ok, () => false);

// Waits until somebody answers at an address, whatever it says.
export async function untilItAnswers(address) {
  if (!(await until(() => fetch(address).then(() => true, () => false)))) {
    throw new Error(`nobody answers at ${address}`);
  }
}

// Starts a program and waits until an address answers. Returns what ends it.
export async function startProgram(project, args, address, environment = {}) {
  const [program, ...first] = programOf(project);
  const child = spawn(program, [...first, ...args], { env: { ...process.env, DOTNET_NOLOGO: '1', ...environment }, stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (text) => (log = (log + text).slice(-20_000)));
  const ended = once(child, 'exit');
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await ended;
    }
  };
  if (!(await until(isOk(address), () => child.exitCode !== null))) {
    await stop();
    throw new Error(`${project} did not start: ${log}`);
  }
  return stop;
}

export async function startHost(settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'fabric-interop-'));
  const address = `http://127.0.0.1:${await freePort()}`;
  const keyFile = join(folder, 'operator.key');
  const [program, ...args] = command();
  const host = spawn(program, [...args, 'serve', '--data', join(folder, 'data'), '--urls', address, '--operator-key-file', keyFile], {
    env: { ...process.env, Fabric__Issuer: address, DOTNET_NOLOGO: '1', ...settings },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  host.stderr.on('data', (text) => (log = (log + text).slice(-20_000)));
  const ended = once(host, 'exit');

  const stop = async () => {
    if (host.exitCode === null && host.signalCode === null) {
      host.kill('SIGTERM');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };

  if (!(await until(isOk(`${address}/readyz`), () => host.exitCode !== null))) {
    await stop();
    throw new Error(`the host did not start: ${log}`);
  }

  const secret = (await readFile(keyFile, 'utf8')).trim();

  // A call of the fabric's own API, as the operator.
  const api = async (method, path, body) => {
    const answer = await fetch(address + path, {
      method,
      headers: { authorization: `Bearer ${secret}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const said = await answer.json();
    if (!answer.ok) {
      throw new Error(`${method} ${path} answered ${answer.status} ${said.code}`);
    }
    return said;
  };

  let names = 0;
  const tenant = async () => {
    const id = `t${++names}`;
    await api('POST', '/v1/tenants', { id });
    return id;
  };
  const agent = async (of, extra = {}) => {
    const id = extra.id ?? `agent:${++names}@tests`;
    const made = await api('POST', `/v1/tenants/${of}/agents`, { id, kind: 'backend', scopes: [{ tool: 'mail' }, { tool: 'files' }], ...extra });
    return { tenant: of, id, secret: made.secret };
  };
  const check = (token, tool, action, extra = {}) => api('POST', '/v1/check', { token, tool, action, resource: 'x', class: 'read', ...extra });
  const enforcementPoint = async (of) => (await api('POST', '/v1/keys', { role: 'enforcement_point', tenant: of, subject: `edge${++names}` })).secret;
  return { address, api, tenant, agent, check, enforcementPoint, program: programOf, stop };
}
