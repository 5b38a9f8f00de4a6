// The two documents, as a user follows them: their curl lines with the real curl, their Python with the real libraries,
// and the Node clients, against the demo. Only host, port and model are changed.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ChatOpenAI } from '@langchain/openai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { preparePythonClients } from '../../scripts/python-clients.ts';
import { createDemo, type Demo } from '../../src/demo/demo.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const run = promisify(execFile);
let demo: Demo;
let gateway: TestGateway;

beforeAll(async () => {
  demo = await createDemo();
  gateway = await startGateway(demo.configText);
});

afterAll(async () => {
  await gateway.drain();
  await demo.close();
});

/** Runs a curl line of the documents: what follows the URL, as printed. */
async function curl(args: readonly string[]): Promise<{ status: number; headers: string; body: string }> {
  const { stdout } = await run('curl', ['-s', '-i', ...args]);
  const [head = '', ...rest] = stdout.split('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), headers: head, body: rest.join('\r\n\r\n') };
}

describe('the 2023 document', () => {
  test('its first curl works with its trailing comma', async () => {
    const data = ` {
"model": "gpt-3.5-turbo",
"messages": [
{
"role": "user",
"content": "what llm are you"
}
],
}
`;
    const json = ['--header', 'Content-Type: application/json', '--data', data];
    const answer = await curl(['--location', `${gateway.url}/chat/completions`, ...json]);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body)).toMatchObject({ model: 'gpt-3.5-turbo', object: 'chat.completion' });
  });

  test('its dynamic curl works with fallbacks, retries and timeout in the body', async () => {
    const data = ` {
"model": "zephyr-beta",
"messages": [
{
"role": "user",
"content": "what llm are you"
}
],
"fallbacks": [{"zephyr-beta": ["gpt-3.5-turbo"]}],
"context_window_fallbacks": [{"zephyr-beta": ["gpt-3.5-turbo"]}],
"num_retries": 2,
"request_timeout": 10
}
`;
    const json = ['--header', 'Content-Type: application/json', '--data', data];
    const answer = await curl(['--location', `${gateway.url}/chat/completions`, ...json]);
    expect(answer.status).toBe(200);
    expect(answer.headers).toContain('x-litellm-model-group: zephyr-beta');
  });
});

describe('the 2024 document', () => {
  test('its simple curl works and says which deployment answered', async () => {
    const data = `{
        "model": "gpt-3.5-turbo",
        "messages": [
            {
            "role": "user",
            "content": "what llm are you"
            }
        ]
    }`;
    const json = ['--header', 'Content-Type: application/json', '--data', data];
    const answer = await curl(['--location', `${gateway.url}/chat/completions`, ...json]);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatch(/^x-litellm-model-id: gpt-turbo-/m);
  });

  test('its load-balancing curl raises a rate limit error and is retried on the group', async () => {
    const data = `{
      "model": "gpt-3.5-turbo",
      "messages": [
            {"role": "user", "content": "Hi there!"}
        ],
        "mock_testing_rate_limit_error": true
    }`;
    const headers = ['-H', 'Content-Type: application/json', '-H', 'Authorization: Bearer sk-1234'];
    const answer = await curl(['-X', 'POST', `${gateway.url}/chat/completions`, ...headers, '-d', data]);
    expect(answer.status).toBe(200);
    expect(answer.headers).toContain('x-litellm-attempted-retries: 1');
  });

  test('its alias answers and is listed', async () => {
    const client = new OpenAI({ apiKey: 'anything', baseURL: gateway.url });
    const messages = [{ role: 'user' as const, content: 'what llm are you' }];
    expect((await client.chat.completions.create({ model: 'gpt-4', messages })).model).toBe('gpt-4');
    const ids = (await client.models.list()).data.map((model) => model.id);
    expect(ids).toContain('gpt-4');
    expect(ids).toContain('gpt-3.5-turbo');
  });
});

describe('the Node clients', () => {
  test('OpenAI, plain', async () => {
    const client = new OpenAI({ apiKey: 'anything', baseURL: gateway.url });
    const answer = await client.chat.completions.create({
      model: 'gpt-3.5-turbo',
      messages: [{ role: 'user', content: 'this is a test request, write a short poem' }],
    });
    expect(answer.choices[0]?.message.content).toContain('fake model');
    expect(answer.usage?.total_tokens).toBeGreaterThan(0);
  });

  test('OpenAI, streamed with its helper, which throws on any flaw', async () => {
    const client = new OpenAI({ apiKey: 'anything', baseURL: `${gateway.url}/v1` });
    const stream = client.chat.completions.stream({
      model: 'gpt-3.5-turbo',
      messages: [{ role: 'user', content: 'hello' }],
      stream_options: { include_usage: true },
    });
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]?.message.content).toContain('fake model');
    expect(completion.usage?.total_tokens).toBeGreaterThan(0);
  });

  test('OpenAI embeddings', async () => {
    const client = new OpenAI({ apiKey: 'anything', baseURL: gateway.url });
    const answer = await client.embeddings.create({ model: 'gpt-3.5-turbo', input: 'hello' });
    expect(answer.data[0]?.embedding.length).toBeGreaterThan(0);
  });

  test('an error is the error that the client knows', async () => {
    const client = new OpenAI({ apiKey: 'anything', baseURL: gateway.url, maxRetries: 0 });
    const asked = client.chat.completions.create({ model: 'gpt-3.5-turbos', messages: [] });
    await expect(asked).rejects.toThrow(OpenAI.BadRequestError);
    await expect(asked).rejects.toThrow(/Invalid model name passed in model=gpt-3.5-turbos/);
  });

  test('LangChain, plain and streamed', async () => {
    const configuration = { baseURL: gateway.url };
    const chat = new ChatOpenAI({ apiKey: 'anything', model: 'gpt-3.5-turbo', configuration });
    const answer = await chat.invoke([
      ['system', 'You are a helpful assistant.'],
      ['human', 'test from litellm. tell me why it is amazing in 1 sentence'],
    ]);
    expect(answer.text).toContain('fake model');
    let text = '';
    for await (const piece of await chat.stream('hello')) text += piece.text;
    expect(text).toContain('fake model');
  });
});

const python = preparePythonClients();
if (python.kind === 'missing') console.log(`Python clients skipped: ${python.reason}`);

const here = import.meta.dirname;
const python2024 = preparePythonClients({
  venv: join(here, '..', '..', '.venv-2024'),
  requirements: join(here, 'requirements-2024.txt'),
});
if (python2024.kind === 'missing') console.log(`LangChain of 2024 skipped: ${python2024.reason}`);

async function runPython(code: string, clients = python): Promise<string> {
  if (clients.kind === 'missing') throw new Error(clients.reason);
  const { stdout } = await run(clients.python, ['-c', code], { env: { ...process.env, PYTHONWARNINGS: 'ignore' } });
  return stdout;
}

describe.skipIf(python.kind === 'missing')('the Python clients', () => {
  test('OpenAI as printed', async () => {
    const printed = await runPython(`
import openai
client = openai.OpenAI(
    api_key="anything",
    base_url="${gateway.url}"
)

response = client.chat.completions.create(
    model="gpt-3.5-turbo",
    messages = [
        {
            "role": "user",
            "content": "this is a test request, write a short poem"
        }
    ]
)

print(response)
`);
    expect(printed).toContain('fake model');
  });

  test('OpenAI streamed', async () => {
    const printed = await runPython(`
import openai
client = openai.OpenAI(api_key="anything", base_url="${gateway.url}")
stream = client.chat.completions.create(model="gpt-3.5-turbo", stream=True, messages=[{"role": "user", "content": "hi"}])
print("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices))
`);
    expect(printed).toContain('fake model');
  });

  test('LangChain, with the imports of its current version', async () => {
    const printed = await runPython(`
from langchain_openai import ChatOpenAI
from langchain_core.messages import HumanMessage, SystemMessage
import os

os.environ["OPENAI_API_KEY"] = "anything"

chat = ChatOpenAI(
    openai_api_base="${gateway.url}",
    model="gpt-3.5-turbo",
)

messages = [
    SystemMessage(
        content="You are a helpful assistant that im using to make a test request to."
    ),
    HumanMessage(
        content="test from litellm. tell me why it's amazing in 1 sentence"
    ),
]
response = chat.invoke(messages)

print(response)
print("".join(piece.text if isinstance(piece.text, str) else piece.text() for piece in chat.stream(messages)))
`);
    expect(printed.match(/fake model/g)?.length).toBeGreaterThanOrEqual(2);
  });
});

test.skipIf(python2024.kind === 'missing')('LangChain of 2024 as printed', async () => {
  const printed = await runPython(
    `
from langchain.chat_models import ChatOpenAI
from langchain.prompts.chat import (
    ChatPromptTemplate,
    HumanMessagePromptTemplate,
    SystemMessagePromptTemplate,
)
from langchain.schema import HumanMessage, SystemMessage
import os

os.environ["OPENAI_API_KEY"] = "anything"

chat = ChatOpenAI(
    openai_api_base="${gateway.url}",
    model="gpt-3.5-turbo",
)

messages = [
    SystemMessage(
        content="You are a helpful assistant that im using to make a test request to."
    ),
    HumanMessage(
        content="test from litellm. tell me why it's amazing in 1 sentence"
    ),
]
response = chat(messages)

print(response)
`,
    python2024,
  );
  expect(printed).toContain('fake model');
});
