import { createRequire } from 'node:module';
import path from 'node:path';

/**
 * One execution environment of a function: loads its bundle once, then answers one invocation at a time over the channel
 * to the stack. It ends when the channel does, so that it never outlives the stack.
 */

/** From the stack. The event is JSON, so that what a handler gets is what travels, and nothing else. */
export type Invoke = { id: string; event: string; deadline: number };
/** To the stack: ready once, then one answer an invocation. */
export type FromFunction =
  | { kind: 'ready' }
  | { kind: 'unusable'; error: FunctionError }
  | { kind: 'answered'; id: string; payload: string }
  | { kind: 'failed'; id: string; error: FunctionError };
/** As Lambda reports an error of a function. */
export type FunctionError = { errorType: string; errorMessage: string; trace?: string[] };

type Handler = (event: unknown, context: object) => unknown;

const tell = (message: FromFunction) => process.send?.(message);

function described(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole group; the stack decides when this process ends.
process.on('SIGINT', () => undefined);

function load(): Handler {
  const root = process.env['LAMBDA_TASK_ROOT'] ?? process.cwd();
  const bundle: unknown = createRequire(path.join(root, 'index.js'))('./index.js');
  const { handler } = bundle as { handler?: unknown };
  if (typeof handler !== 'function') {
    throw Object.assign(new Error('index.handler is undefined or not exported'), { name: 'Runtime.HandlerNotFound' });
  }
  if (handler.length > 2) {
    const refusal = new Error('this runtime knows no callbacks: the handler must return a promise');
    throw Object.assign(refusal, { name: 'Runtime.CallbackHandlerDeprecated' });
  }
  return handler as Handler;
}

function contextOf({ id, deadline }: Invoke): object {
  const name = process.env['AWS_LAMBDA_FUNCTION_NAME'] ?? '';
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: process.argv[2] ?? '',
    memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'] ?? '',
    awsRequestId: id,
    logGroupName: process.env['AWS_LAMBDA_LOG_GROUP_NAME'] ?? '',
    logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'] ?? '',
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
}

async function answer(handler: Handler, invocation: Invoke): Promise<void> {
  try {
    const result = await handler(JSON.parse(invocation.event), contextOf(invocation));
    tell({ kind: 'answered', id: invocation.id, payload: JSON.stringify(result) ?? 'null' });
  } catch (error) {
    console.error(error);
    tell({ kind: 'failed', id: invocation.id, error: described(error) });
  }
}

try {
  const handler = load();
  process.on('message', (invocation: Invoke) => void answer(handler, invocation));
  tell({ kind: 'ready' });
} catch (error) {
  console.error(error);
  // The message must be out before the process is.
  process.send?.({ kind: 'unusable', error: described(error) } satisfies FromFunction, () => process.exit(1));
}
