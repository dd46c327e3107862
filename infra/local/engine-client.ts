import { Agent, request } from 'node:http';

/** What of an answer is looked at here: what went wrong, and instants. */
type Answer = {
  __type?: string;
  message?: string;
  Message?: string;
  Records?: { dynamodb?: { ApproximateCreationDateTime?: number | Date } }[];
};
/** A command of the SDK: its class names the operation, its input is the body. */
type Command = { constructor: { name: string }; input: object };

/**
 * Speaks AWS JSON to an engine on this machine in the place of the SDK's client `C`, for the pollers, which make most of
 * the platform's calls: unsigned, for the engines take any credentials, and at a fraction of the processor time. Throws
 * what the engine says, under the SDK's name for it; nothing is tried again here. Instants come as the SDK has them;
 * binary values stay base64.
 */
export function engineClient<C extends { send: unknown }>(
  endpoint: string,
  target: 'AmazonSQS' | 'DynamoDBStreams_20120810',
): Pick<C, 'send'> & { destroy(): void } {
  const agent = new Agent({ keepAlive: true });
  const send = async (command: Command, { abortSignal }: { abortSignal?: AbortSignal } = {}) => {
    const operation = command.constructor.name.replace(/Command$/, '');
    const { status, text } = await post(
      endpoint,
      agent,
      `${target}.${operation}`,
      JSON.stringify(command.input),
      abortSignal,
    );
    const answer = JSON.parse(text || '{}') as Answer;
    for (const { dynamodb } of answer.Records ?? []) {
      const at = dynamodb?.ApproximateCreationDateTime;
      if (dynamodb && typeof at === 'number') dynamodb.ApproximateCreationDateTime = new Date(at * 1_000);
    }
    if (status === 200) return answer;
    const name = answer.__type?.split('#').at(-1) ?? `Status${status}`;
    throw Object.assign(new Error(answer.message ?? answer.Message ?? name), { name });
  };
  return { send, destroy: () => agent.destroy() } as unknown as Pick<C, 'send'> & { destroy(): void };
}

function post(
  url: string,
  agent: Agent,
  target: string,
  body: string,
  signal: AbortSignal | undefined,
): Promise<{ status: number; text: string }> {
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': Buffer.byteLength(body),
    'x-amz-target': target,
    'x-amz-date': '20260101T000000Z',
    authorization:
      'AWS4-HMAC-SHA256 Credential=local/20260101/local/local/aws4_request, SignedHeaders=host, Signature=0',
  };
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', headers, agent, ...(signal && { signal }) }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
      answer.on('error', reject);
    });
    call.on('error', reject);
    call.end(body);
  });
}
