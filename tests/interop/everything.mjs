// An MCP server of the revisions with sessions (version 1 of the TypeScript SDK) that has all that the protocol's conformance suite asks for: `stdio`, or `http PORT`.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import * as types from '@modelcontextprotocol/sdk/types.js';
import * as content from './everything-content.mjs';
import { object, pause, string, text } from './everything-content.mjs';

const titled = (...names) => names.map((name, i) => ({ const: `value${i + 1}`, title: name }));
const options = ['option1', 'option2', 'option3'];
const enums = {
  untitledSingle: { type: 'string', enum: options },
  titledSingle: { type: 'string', oneOf: titled('First Option', 'Second Option', 'Third Option') },
  legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
  untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
  titledMulti: { type: 'array', items: { anyOf: titled('First Choice', 'Second Choice', 'Third Choice') } },
};
const defaults = {
  name: { type: 'string', default: 'John Doe' },
  age: { type: 'integer', default: 30 },
  score: { type: 'number', default: 95.5 },
  status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
  verified: { type: 'boolean', default: true },
};

const elicited = (answer) => `action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`;
const elicit = ({ extra }, message, properties, required) =>
  extra.sendRequest({ method: 'elicitation/create', params: { message, requestedSchema: object(properties, required) } }, types.ElicitResultSchema);

const tools = {
  ...content.tools,
  test_tool_with_logging: {
    async answer(_, { extra }) {
      for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data } });
        await pause();
      }
      return [text('logged')];
    },
  },
  test_sampling: {
    schema: object({ prompt: string }),
    async answer({ prompt }, { extra }) {
      const said = await extra.sendRequest({ method: 'sampling/createMessage', params: { messages: [{ role: 'user', content: text(prompt) }], maxTokens: 100 } }, types.CreateMessageResultSchema);
      return [text(`LLM response: ${said.content.text}`)];
    },
  },
  test_elicitation: {
    schema: object({ message: string }),
    answer: async ({ message }, context) => [text(`User response: ${elicited(await elicit(context, message, { username: string, email: string }))}`)],
  },
  test_elicitation_sep1034_defaults: { answer: async (_, context) => [text(`Elicitation completed: ${elicited(await elicit(context, 'Please fill in', defaults, []))}`)] },
  test_elicitation_sep1330_enums: { answer: async (_, context) => [text(`Elicitation completed: ${elicited(await elicit(context, 'Please choose', enums, []))}`)] },
  test_reconnection: {
    async answer(_, { extra }) {
      extra.closeSSEStream?.();
      await pause();
      return [text('reconnected')];
    },
  },
};

function make() {
  const server = new Server({ name: 'everything', version: '1' }, { capabilities: { tools: {}, prompts: {}, completions: {}, logging: {}, resources: { subscribe: true } } });
  server.setRequestHandler(types.ListToolsRequestSchema, () => content.listTools(tools));
  server.setRequestHandler(types.CallToolRequestSchema, async ({ params }, extra) => {
    const tool = tools[params.name];
    if (!tool) {
      throw new types.McpError(types.ErrorCode.InvalidParams, `no tool ${params.name}`);
    }
    const progressToken = extra._meta?.progressToken;
    const progress = async (how) => progressToken === undefined || extra.sendNotification({ method: 'notifications/progress', params: { progressToken, ...how } });
    try {
      return { content: await tool.answer(params.arguments ?? {}, { extra, progress }) };
    } catch (error) {
      return { isError: true, content: [text(error.message)] };
    }
  });
  server.setRequestHandler(types.ListPromptsRequestSchema, () => content.listPrompts(content.prompts));
  server.setRequestHandler(types.GetPromptRequestSchema, ({ params }) => ({ messages: content.prompts[params.name].messages(params.arguments ?? {}) }));
  server.setRequestHandler(types.CompleteRequestSchema, content.complete);
  server.setRequestHandler(types.ListResourcesRequestSchema, content.listResources);
  server.setRequestHandler(types.ListResourceTemplatesRequestSchema, content.listTemplates);
  server.setRequestHandler(types.ReadResourceRequestSchema, ({ params: { uri } }) => {
    const found = content.readResource(uri);
    if (!found) {
      throw new types.McpError(-32002, 'Resource not found', { uri });
    }
    return found;
  });
  server.setRequestHandler(types.SubscribeRequestSchema, () => ({}));
  server.setRequestHandler(types.UnsubscribeRequestSchema, () => ({}));
  return server;
}

if (process.argv[2] === 'http') {
  // A program over stdio, of which there is one a session, starts faster without what HTTP needs.
  const { StreamableHTTPServerTransport } = await import('@modelcontextprotocol/sdk/server/streamableHttp.js');
  const sessions = new Map();
  createServer(async (request, response) => {
    const known = sessions.get(request.headers['mcp-session-id']);
    if (known) {
      return known.handleRequest(request, response);
    }
    if (request.headers['mcp-session-id']) {
      return response.writeHead(404).end();
    }
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: randomUUID, onsessioninitialized: (id) => sessions.set(id, transport), onsessionclosed: (id) => sessions.delete(id) });
    await make().connect(transport);
    return transport.handleRequest(request, response);
  }).listen(Number(process.argv[3]), '127.0.0.1');
} else {
  await make().connect(new StdioServerTransport());
}
