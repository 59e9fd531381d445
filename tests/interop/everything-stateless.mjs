// An MCP server of revision 2026-07-28 (version 2 of the TypeScript SDK) that has all that the protocol's conformance suite asks for: `stdio`, or `http PORT`.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import {
  acceptedContent, CLIENT_CAPABILITIES_META_KEY, createMcpHandler, createRequestStateCodec, hostHeaderValidationResponse, inputRequired, inputResponse, localhostAllowedHostnames, localhostAllowedOrigins,
  originValidationResponse, ProtocolError, ProtocolErrorCode, ResourceNotFoundError, Server,
} from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import * as content from './everything-content.mjs';
import { asked, object, string, text } from './everything-content.mjs';

const states = createRequestStateCodec({ key: randomBytes(32) });

const elicit = (message, properties) => inputRequired.elicit({ message, requestedSchema: object(properties) });
const sample = (prompt, maxTokens) => inputRequired.createMessage({ messages: [asked(text(prompt))], maxTokens });
const ask = async (inputRequests, state) => inputRequired({ inputRequests, ...(state === undefined ? {} : { requestState: await states.mint(state) }) });

// Asks for one thing, and says what was answered; whatever else was answered is no answer.
const asking = (key, request, said) => ({
  answer: async (_, { mcpReq }) => {
    const answer = said(mcpReq.inputResponses, key);
    return answer === undefined ? ask({ [key]: request }) : [text(answer)];
  },
});
const sampled = (responses, key) => inputResponse(responses, key).result?.content.text;
const rooted = (responses, key) => inputResponse(responses, key).roots?.map(({ uri }) => uri).join();

// Asks, with a state that comes back as it was, or not at all: the SDK refuses one that somebody has changed before a tool sees it.
const confirming = {
  answer: async (_, { mcpReq }) => (acceptedContent(mcpReq.inputResponses, 'confirm')?.ok === true && mcpReq.requestState() === 'asked'
    ? [text('state-ok')] : ask({ confirm: elicit('Please confirm', { ok: { type: 'boolean' } }) }, 'asked')),
};

const tools = {
  ...content.tools,
  test_missing_capability: asking('text', sample('Say something', 10), sampled),
  test_streaming_elicitation: asking('user_name', elicit('What is your name?', { name: string }), (responses, key) => acceptedContent(responses, key)?.name),
  test_logging_tool: {
    async answer(_, { mcpReq }) {
      await mcpReq.log('info', 'logged');
      return [text('logged')];
    },
  },
  test_trigger_tool_change: { answer: (_, { changed }) => changed.tools() },
  test_trigger_prompt_change: { answer: (_, { changed }) => changed.prompts() },
  test_input_required_result_elicitation: asking('user_name', elicit('What is your name?', { name: string }), (responses, key) => {
    const name = acceptedContent(responses, key)?.name;
    return name && `Hello, ${name}!`;
  }),
  test_input_required_result_sampling: asking('capital_question', sample('What is the capital of France?', 100), sampled),
  test_input_required_result_list_roots: asking('client_roots', inputRequired.listRoots(), rooted),
  test_input_required_result_request_state: confirming,
  test_input_required_result_tampered_state: confirming,
  test_input_required_result_multiple_inputs: {
    async answer(_, { mcpReq: { inputResponses, requestState } }) {
      const [name, greeting, roots] = [acceptedContent(inputResponses, 'user_name')?.name, sampled(inputResponses, 'greeting'), rooted(inputResponses, 'client_roots')];
      return requestState() === 'three' && name && greeting && roots
        ? [text(`${greeting} ${name}, of ${roots}`)]
        : ask({ user_name: elicit('What is your name?', { name: string }), greeting: sample('Generate a greeting', 50), client_roots: inputRequired.listRoots() }, 'three');
    },
  },
  test_input_required_result_multi_round: {
    async answer(_, { mcpReq: { inputResponses, requestState } }) {
      const [state, name, color] = [requestState(), acceptedContent(inputResponses, 'step1')?.name, acceptedContent(inputResponses, 'step2')?.color];
      return state?.name && color ? [text(`${state.name} likes ${color}`)]
        : state?.round === 1 && name ? ask({ step2: elicit('Step 2: What is your favorite color?', { color: string }) }, { round: 2, name })
          : ask({ step1: elicit('Step 1: What is your name?', { name: string }) }, { round: 1 });
    },
  },
  test_input_required_result_capabilities: {
    async answer(_, { mcpReq: { envelope, inputResponses } }) {
      const can = envelope[CLIENT_CAPABILITIES_META_KEY];
      const wanted = { ...(can.sampling && { greeting: sample('Generate a greeting', 50) }), ...(can.elicitation && { user_name: elicit('What is your name?', { name: string }) }) };
      return Object.keys(wanted).length === 0 || Object.keys(wanted).every((key) => inputResponse(inputResponses, key).kind !== 'missing') ? [text('all that could be asked')] : ask(wanted);
    },
  },
};

const prompts = {
  ...content.prompts,
  test_input_required_result_prompt: {
    async messages(_, { mcpReq }) {
      const context = acceptedContent(mcpReq.inputResponses, 'user_context')?.context;
      return context ? [asked(text(`In this context: ${context}`))] : ask({ user_context: elicit('What context should the prompt use?', { context: string }) });
    },
  },
};

const named = (all, name) => {
  if (!Object.hasOwn(all, name)) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `there is no ${name}`);
  }
  return all[name];
};
// What is no list asks for more.
const result = (made, member, more = {}) => (Array.isArray(made) ? { [member]: made, ...more } : made);

function make(changed) {
  const server = new Server({ name: 'everything', version: '2' }, {
    capabilities: { tools: { listChanged: true }, prompts: { listChanged: true }, completions: {}, logging: {}, resources: { subscribe: true } },
    requestState: { verify: states.verify },
  });
  const changes = changed ?? {
    tools: () => server.sendToolListChanged(),
    prompts: () => server.sendPromptListChanged(),
  };
  server.setRequestHandler('tools/list', () => content.listTools(tools));
  server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
    const tool = named(tools, params.name);
    const progressToken = mcpReq._meta?.progressToken;
    const progress = async (how) => progressToken === undefined || mcpReq.notify({ method: 'notifications/progress', params: { progressToken, ...how } });
    try {
      return result(await tool.answer(params.arguments ?? {}, { mcpReq, progress, changed: changes }) ?? [text('done')], 'content');
    } catch (error) {
      return result([text(error.message)], 'content', { isError: true });
    }
  });
  server.setRequestHandler('prompts/list', () => content.listPrompts(prompts));
  server.setRequestHandler('prompts/get', async ({ params }, { mcpReq }) => result(await named(prompts, params.name).messages(params.arguments ?? {}, { mcpReq }), 'messages'));
  server.setRequestHandler('completion/complete', content.complete);
  server.setRequestHandler('resources/list', content.listResources);
  server.setRequestHandler('resources/templates/list', content.listTemplates);
  server.setRequestHandler('resources/read', ({ params: { uri } }) => {
    const found = content.readResource(uri);
    if (!found) {
      throw new ResourceNotFoundError(uri);
    }
    return found;
  });
  return server;
}

// The SDK serves the web's own requests and responses.
function serve(handler) {
  return async (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.on('close', () => gone.abort());
    const request = new Request(`http://${incoming.headers.host}${incoming.url}`, {
      method: incoming.method, headers: incoming.headers, signal: gone.signal, ...(incoming.method === 'POST' && { body: Readable.toWeb(incoming), duplex: 'half' }),
    });
    const answer = hostHeaderValidationResponse(request, localhostAllowedHostnames()) ?? originValidationResponse(request, localhostAllowedOrigins()) ?? await handler.fetch(request);
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers)).flushHeaders();
    for await (const part of answer.body ?? []) {
      if (!outgoing.write(part)) {
        await Promise.race([once(outgoing, 'drain'), once(outgoing, 'close')]);
      }
    }
    outgoing.end();
  };
}

if (process.argv[2] === 'http') {
  const handler = createMcpHandler(() => make({ tools: () => handler.notify.toolsChanged(), prompts: () => handler.notify.promptsChanged() }));
  createServer(serve(handler)).listen(Number(process.argv[3]), '127.0.0.1');
} else {
  serveStdio(() => make());
}
