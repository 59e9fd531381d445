// The peer of `compare`: oidc-provider with its defaults and its store in memory. Told a port, and the folder with the node_modules that has it.
// Its tokens are opaque, or, for the resource urn:load, JWTs that it signs with ES256.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [port, folder] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(createRequire(join(folder, 'package.json')).resolve('oidc-provider')));
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: 'load', client_secret: 'a-secret-of-the-load-tests-alone', redirect_uris: [], response_types: [], grant_types: ['client_credentials'], scope: 'agent', id_token_signed_response_alg: 'ES256' }],
  scopes: ['agent'],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'load' }] },
  cookies: { keys: ['the load tests alone'] },
  ttl: { ClientCredentials: 600 },
  features: {
    devInteractions: { enabled: false }, clientCredentials: { enabled: true }, introspection: { enabled: true }, revocation: { enabled: true },
    resourceIndicators: {
      enabled: true, defaultResource: () => undefined, useGrantedResource: () => true,
      getResourceServerInfo: (_, resource) => ({ scope: 'agent', audience: resource, accessTokenTTL: 600, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }),
    },
  },
});
const server = createServer(provider.callback());
// Longer than the pauses between rounds.
server.keepAliveTimeout = 120_000;
server.listen(Number(port), '127.0.0.1');
