// The clients that a suite plays its cases through. Python's is there where the machine has it.
import type { PythonClients } from '../../../scripts/python-clients.ts';
import type { ChatClient } from './chat-client.ts';
import { langchainJs } from './langchain-js.ts';
import { openaiNode } from './openai-node.ts';
import { openaiPython } from './openai-python.ts';
import { rawHttp } from './raw-http.ts';
import { vercelAi } from './vercel-ai.ts';

export interface AllClients {
  readonly list: readonly ChatClient[];
  close(): Promise<void>;
}

export function allClients(python: PythonClients): AllClients {
  const node = [rawHttp, openaiNode, langchainJs, vercelAi];
  const list = python.kind === 'ready' ? [...node, openaiPython(python.python)] : node;
  return { list, close: async () => void (await Promise.all(list.map((client) => client.close()))) };
}
