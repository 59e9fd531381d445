// An MCP server with one of each kind that the protocol's conformance suite asks for: `stdio`, or `http PORT`. Names, texts and shapes are the suite's.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import * as types from '@modelcontextprotocol/sdk/types.js';

const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const wav = Buffer.concat([Buffer.from('RIFF$\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0', 'latin1'), Buffer.from([0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0]), Buffer.from('data\0\0\0\0', 'latin1')]).toString('base64');
const pauseMs = 50;

const text = (value) => ({ type: 'text', text: value });
const image = { type: 'image', data: png, mimeType: 'image/png' };
const embedded = (uri, mimeType, value) => ({ type: 'resource', resource: { uri, mimeType, text: value } });
const pause = () => new Promise((resolve) => setTimeout(resolve, pauseMs));
const object = (properties = {}, required = Object.keys(properties)) => ({ type: 'object', properties, required });
const string = { type: 'string' };

const schema2020 = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: { address: { $anchor: 'addressDef', type: 'object', properties: { street: string, city: string } } },
  properties: { name: string, address: { $ref: '#/$defs/address' }, contactMethod: { type: 'string', enum: ['phone', 'email'] }, phone: string, email: string },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
};

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
const elicit = (extra, message, properties, required) =>
  extra.sendRequest({ method: 'elicitation/create', params: { message, requestedSchema: object(properties, required) } }, types.ElicitResultSchema);

const tools = {
  test_simple_text: { answer: () => [text('This is a simple text response for testing.')] },
  test_image_content: { answer: () => [image] },
  test_audio_content: { answer: () => [{ type: 'audio', data: wav, mimeType: 'audio/wav' }] },
  test_embedded_resource: { answer: () => [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')] },
  test_multiple_content_types: {
    answer: () => [text('Multiple content types test:'), image, embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}')],
  },
  test_tool_with_logging: {
    async answer(_, extra) {
      for (const data of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
        await extra.sendNotification({ method: 'notifications/message', params: { level: 'info', data } });
        await pause();
      }
      return [text('logged')];
    },
  },
  test_tool_with_progress: {
    async answer(_, extra) {
      const progressToken = extra._meta?.progressToken;
      for (const progress of [0, 50, 100]) {
        if (progressToken !== undefined) {
          await extra.sendNotification({ method: 'notifications/progress', params: { progressToken, progress, total: 100 } });
        }
        await pause();
      }
      return [text('progressed')];
    },
  },
  test_error_handling: {
    answer() {
      throw new Error('This tool intentionally returns an error for testing');
    },
  },
  test_sampling: {
    schema: object({ prompt: string }),
    async answer({ prompt }, extra) {
      const said = await extra.sendRequest({ method: 'sampling/createMessage', params: { messages: [{ role: 'user', content: text(prompt) }], maxTokens: 100 } }, types.CreateMessageResultSchema);
      return [text(`LLM response: ${said.content.text}`)];
    },
  },
  test_elicitation: {
    schema: object({ message: string }),
    answer: async ({ message }, extra) => [text(`User response: ${elicited(await elicit(extra, message, { username: string, email: string }))}`)],
  },
  test_elicitation_sep1034_defaults: { answer: async (_, extra) => [text(`Elicitation completed: ${elicited(await elicit(extra, 'Please fill in', defaults, []))}`)] },
  test_elicitation_sep1330_enums: { answer: async (_, extra) => [text(`Elicitation completed: ${elicited(await elicit(extra, 'Please choose', enums, []))}`)] },
  test_reconnection: {
    async answer(_, extra) {
      extra.closeSSEStream?.();
      await pause();
      return [text('reconnected')];
    },
  },
  json_schema_2020_12_tool: { schema: schema2020, answer: () => [text('valid')] },
};

const asked = (value) => ({ role: 'user', content: value });
const prompts = {
  test_simple_prompt: { messages: () => [asked(text('This is a simple prompt for testing.'))] },
  test_prompt_with_arguments: { arguments: ['arg1', 'arg2'], messages: ({ arg1, arg2 }) => [asked(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))] },
  test_prompt_with_embedded_resource: {
    arguments: ['resourceUri'],
    messages: ({ resourceUri }) => [asked(embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.')), asked(text('Please process the embedded resource above.'))],
  },
  test_prompt_with_image: { messages: () => [asked(image), asked(text('Please analyze the image above.'))] },
};

const resources = {
  'test://static-text': { mimeType: 'text/plain', text: 'This is the content of the static text resource.' },
  'test://static-binary': { mimeType: 'image/png', blob: png },
  'test://watched-resource': { mimeType: 'text/plain', text: 'watched' },
};

function make() {
  const server = new Server({ name: 'everything', version: '1' }, { capabilities: { tools: {}, prompts: {}, completions: {}, logging: {}, resources: { subscribe: true } } });
  server.setRequestHandler(types.ListToolsRequestSchema, () => ({
    tools: Object.entries(tools).map(([name, { schema }]) => ({ name, description: name.replaceAll('_', ' '), inputSchema: schema ?? object() })),
  }));
  server.setRequestHandler(types.CallToolRequestSchema, async ({ params }, extra) => {
    const tool = tools[params.name];
    if (!tool) {
      throw new types.McpError(types.ErrorCode.InvalidParams, `no tool ${params.name}`);
    }
    try {
      return { content: await tool.answer(params.arguments ?? {}, extra) };
    } catch (error) {
      return { isError: true, content: [text(error.message)] };
    }
  });
  server.setRequestHandler(types.ListPromptsRequestSchema, () => ({
    prompts: Object.entries(prompts).map(([name, prompt]) => ({
      name, description: name.replaceAll('_', ' '), arguments: (prompt.arguments ?? []).map((argument) => ({ name: argument, description: argument, required: true })),
    })),
  }));
  server.setRequestHandler(types.GetPromptRequestSchema, ({ params }) => ({ messages: prompts[params.name].messages(params.arguments ?? {}) }));
  server.setRequestHandler(types.CompleteRequestSchema, () => ({ completion: { values: ['paris', 'park', 'party'], total: 3, hasMore: false } }));
  server.setRequestHandler(types.ListResourcesRequestSchema, () => ({
    resources: Object.entries(resources).map(([uri, { mimeType }]) => ({ uri, name: uri.slice('test://'.length), description: uri, mimeType })),
  }));
  server.setRequestHandler(types.ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [{ uriTemplate: 'test://template/{id}/data', name: 'template', description: 'with an id', mimeType: 'application/json' }],
  }));
  server.setRequestHandler(types.ReadResourceRequestSchema, ({ params: { uri } }) => {
    const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
    const found = id ? { mimeType: 'application/json', text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) } : resources[uri];
    if (!found) {
      throw new types.McpError(-32002, 'Resource not found', { uri });
    }
    return { contents: [{ uri, ...found }] };
  });
  server.setRequestHandler(types.SubscribeRequestSchema, () => ({}));
  server.setRequestHandler(types.UnsubscribeRequestSchema, () => ({}));
  return server;
}

if (process.argv[2] === 'http') {
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
