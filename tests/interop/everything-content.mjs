// One of each kind of thing that the protocol's conformance suite asks a server for, whatever the revision. Names, texts and shapes are the suite's.
const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
const wav = Buffer.concat([Buffer.from('RIFF$\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0', 'latin1'), Buffer.from([0x40, 0x1f, 0, 0, 0x80, 0x3e, 0, 0, 2, 0, 16, 0]), Buffer.from('data\0\0\0\0', 'latin1')]).toString('base64');
const pauseMs = 50;

export const text = (value) => ({ type: 'text', text: value });
const image = { type: 'image', data: png, mimeType: 'image/png' };
const embedded = (uri, mimeType, value) => ({ type: 'resource', resource: { uri, mimeType, text: value } });
export const pause = () => new Promise((resolve) => setTimeout(resolve, pauseMs));
export const object = (properties = {}, required = Object.keys(properties)) => ({ type: 'object', properties, required });
export const string = { type: 'string' };

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

// A tool answers its content; `context.progress` tells a caller who asked for it how far it is.
export const tools = {
  test_simple_text: { answer: () => [text('This is a simple text response for testing.')] },
  test_image_content: { answer: () => [image] },
  test_audio_content: { answer: () => [{ type: 'audio', data: wav, mimeType: 'audio/wav' }] },
  test_embedded_resource: { answer: () => [embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')] },
  test_multiple_content_types: {
    answer: () => [text('Multiple content types test:'), image, embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}')],
  },
  test_tool_with_progress: {
    async answer(_, { progress }) {
      for (const done of [0, 50, 100]) {
        await progress({ progress: done, total: 100 });
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
  json_schema_2020_12_tool: { schema: schema2020, answer: () => [text('valid')] },
};

export const asked = (value) => ({ role: 'user', content: value });
export const prompts = {
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

export const listTools = (all) => ({
  tools: Object.entries(all).map(([name, { schema }]) => ({ name, description: name.replaceAll('_', ' '), inputSchema: schema ?? object() })),
});
export const listPrompts = (all) => ({
  prompts: Object.entries(all).map(([name, prompt]) => ({
    name, description: name.replaceAll('_', ' '), arguments: (prompt.arguments ?? []).map((argument) => ({ name: argument, description: argument, required: true })),
  })),
});
export const listResources = () => ({
  resources: Object.entries(resources).map(([uri, { mimeType }]) => ({ uri, name: uri.slice('test://'.length), description: uri, mimeType })),
});
export const listTemplates = () => ({
  resourceTemplates: [{ uriTemplate: 'test://template/{id}/data', name: 'template', description: 'with an id', mimeType: 'application/json' }],
});
export const complete = () => ({ completion: { values: ['paris', 'park', 'party'], total: 3, hasMore: false } });

// Undefined: there is no such resource.
export function readResource(uri) {
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  const found = id ? { mimeType: 'application/json', text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) } : resources[uri];
  return found && { contents: [{ uri, ...found }] };
}
