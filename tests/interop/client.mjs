// What every test does with oauth4webapi: discovery by the issuer alone, and each grant as that library makes and reads it.
import * as oauth from 'oauth4webapi';

export const insecure = { [oauth.allowInsecureRequests]: true };
export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

export async function discover(host, tenant, algorithm = 'oauth2') {
  const issuer = new URL(`${host.address}/tenants/${tenant}`);
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm, ...insecure }));
}

export async function clientCredentials(server, agent, authentication, parameters = {}, options = {}) {
  const client = { client_id: agent.id };
  const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, { ...insecure, ...options });
  return oauth.processClientCredentialsResponse(server, client, answer);
}

export async function exchange(server, agent, subject, parameters = {}, options = {}) {
  const client = { client_id: agent.id };
  const answer = await oauth.genericTokenEndpointRequest(
    server, client, oauth.ClientSecretBasic(agent.secret), exchangeGrant, { subject_token: subject, subject_token_type: accessTokenType, ...parameters }, { ...insecure, ...options });
  return oauth.processGenericTokenEndpointResponse(server, client, answer);
}

export async function introspect(server, agent, token, authentication = oauth.ClientSecretBasic(agent.secret)) {
  const client = { client_id: agent.id };
  return oauth.processIntrospectionResponse(server, client, await oauth.introspectionRequest(server, client, authentication, token, insecure));
}

export async function revoke(server, agent, token, authentication = oauth.ClientSecretBasic(agent.secret)) {
  return oauth.processRevocationResponse(await oauth.revocationRequest(server, { client_id: agent.id }, authentication, token, insecure));
}

// The error of an answer to a form, sent without a library in between.
export async function errorOf(url, fields, headers = {}) {
  const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers });
  const said = await answer.json();
  return [answer.status, said.error];
}

// oauth4webapi reads a 401 as the challenge that it brings, and anything else as its body.
export function isError(code) {
  return (error) => error.error === code || (code === 'invalid_client' && error.status === 401 && error.cause?.[0]?.scheme === 'basic');
}

export const basic = (agent) => ({
  authorization: `Basic ${Buffer.from(`${encodeURIComponent(agent.id)}:${encodeURIComponent(agent.secret)}`).toString('base64')}`,
});
