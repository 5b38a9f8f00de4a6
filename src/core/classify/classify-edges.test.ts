// Odd things that upstreams and connections do, and what a client is shown of them.
import { expect, it } from 'vitest';
import { classifyBroken, classifyInBand, type FailureContext } from '../classify.ts';
import { readErrorValue } from './provider-error.ts';

const context: FailureContext = { provider: 'openai', callerCredentials: false, setByCaller: false, timeoutMs: 400 };

it('an error event without any content is a failure of the deployment', () => {
  expect(classifyInBand(undefined, context)).toMatchObject({ cause: 'server_error', scope: 'deployment', status: 500 });
});

it('credentials that could not be had say why; a connection says where it broke', () => {
  const broken = {
    kind: 'transport',
    phase: 'connect',
    code: 'CREDENTIAL',
    message: 'the token endpoint said no',
  } as const;
  expect(classifyBroken(broken, context).message).toContain('Connection error. CREDENTIAL: the token endpoint said no');
  expect(classifyBroken({ ...broken, code: 'ECONNREFUSED' }, context).message).toContain(
    'Connection error. ECONNREFUSED (no connection was made)',
  );
});

it.each([
  [400, 'late) - timeout value=0.4'],
  [undefined, 'late)'],
])('a timeout of %s ms names its value', (timeoutMs, end) => {
  const late = { kind: 'timeout', phase: 'headers', code: 'ATTEMPT_TIMEOUT', message: 'late' } as const;
  const { message } = classifyBroken(late, { ...context, timeoutMs });
  expect(message).toMatch(new RegExp(`\\(${end.replace(')', '\\)').replace('.', '\\.')}$`));
});

it('text completions show no type of a failure of ours', () => {
  const late = { kind: 'timeout', phase: 'headers', code: 'ATTEMPT_TIMEOUT', message: 'late' } as const;
  expect(classifyBroken(late, { ...context, endpoint: 'completions' }).type).toBeNull();
  expect(classifyBroken(late, { ...context, endpoint: 'chat' }).type).toBe('invalid_request_error');
});

it('a limit of the caller is blamed on the caller, but a connection that is not made is not', () => {
  const own = { ...context, setByCaller: true };
  const late = { kind: 'timeout', phase: 'connect', code: 'ATTEMPT_TIMEOUT', message: 'late' } as const;
  expect(classifyBroken(late, own).scope).toBe('caller');
  expect(classifyBroken({ ...late, code: 'UND_ERR_CONNECT_TIMEOUT' }, own).scope).toBe('deployment');
});

it('an error under `errors` is read like one under `error`', () => {
  expect(readErrorValue({ errors: { message: 'no', code: 'x' } })).toMatchObject({ message: 'no', code: 'x' });
});
