import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SqsQueueDesk } from '../../shared/runtime/queue-desk.ts';

/** The desk of operators over a real queue engine. */
describe('the queues of a deployment', () => {
  let server: FauxqsServer;
  let client: SQSClient;
  let urls: { queue: string; deadLetters: string };
  let made = 0;
  const kept = { ...process.env };

  beforeAll(async () => {
    server = await startFauxqs({ port: 0, logger: false, host: '127.0.0.1' });
    const endpoint = `http://127.0.0.1:${server.port}`;
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    client = new SQSClient({ endpoint, region: 'ap-southeast-1', credentials });
    Object.assign(process.env, {
      AWS_REGION: 'ap-southeast-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      AWS_ENDPOINT_URL_SQS: endpoint,
    });
  });
  afterAll(async () => {
    process.env = kept;
    client?.destroy();
    await server?.stop();
  });
  beforeEach(async () => {
    made += 1;
    const create = async (name: string) =>
      (await client.send(new CreateQueueCommand({ QueueName: `${name}-${made}` }))).QueueUrl ?? '';
    urls = { queue: await create('inbox'), deadLetters: await create('inbox-dead') };
  });

  const desk = () => new SqsQueueDesk({ inbox: urls, sweep: { deadLetters: urls.deadLetters } }, Date.now);
  async function bury(count: number) {
    for (let number = 0; number < count; number += 1)
      await client.send(new SendMessageCommand({ QueueUrl: urls.deadLetters, MessageBody: `{"number":${number}}` }));
  }

  it('counts, shows what stays, and puts back some or all of it', async () => {
    await bury(23);
    expect(await desk().counts('inbox')).toEqual({ queue: { waiting: 0, inHand: 0 }, deadLetters: 23 });
    const seen = (await desk().peek('inbox', 12)) ?? [];
    expect(new Set(seen.map(({ body }) => body)).size).toBe(12);
    expect(seen.every(({ sentAt, receives, messageId }) => sentAt > 0 && receives === 1 && messageId !== '')).toBe(
      true,
    );
    expect(await desk().counts('inbox')).toMatchObject({ deadLetters: 23 });
    expect(await desk().redrive('inbox', 1)).toBe(1);
    expect(await desk().counts('inbox')).toEqual({ queue: { waiting: 1, inHand: 0 }, deadLetters: 22 });
    expect(await desk().redrive('inbox', 1_000)).toBe(22);
    expect(await desk().counts('inbox')).toEqual({ queue: { waiting: 23, inHand: 0 }, deadLetters: 0 });
    expect(await desk().redrive('inbox', 1_000)).toBe(0);
  });

  it('puts each back into the queue of its provider, and leaves what belongs to none', async () => {
    const other = (await client.send(new CreateQueueCommand({ QueueName: `other-${made}` }))).QueueUrl ?? '';
    const several = new SqsQueueDesk(
      { questions: { deadLetters: urls.deadLetters, byProvider: { vnpay: urls.queue, momo: other } } },
      Date.now,
    );
    for (const body of ['{"providerId":"momo","n":1}', '{"providerId":"vnpay","n":2}', '{"providerId":"gone"}', 'no'])
      await client.send(new SendMessageCommand({ QueueUrl: urls.deadLetters, MessageBody: body }));
    expect(await several.redrive('questions', 10)).toBe(2);
    const there = async (QueueUrl: string) =>
      (await client.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))).Messages?.map(
        ({ Body }) => Body,
      );
    expect([await there(urls.queue), await there(other)]).toEqual([
      ['{"providerId":"vnpay","n":2}'],
      ['{"providerId":"momo","n":1}'],
    ]);
    expect(await several.counts('questions')).toEqual({ queue: { waiting: 0, inHand: 2 }, deadLetters: 2 });
  });

  it('knows no name that is not theirs, and puts nothing back where there is no queue', async () => {
    await bury(1);
    for (const name of ['other', '__proto__', 'constructor'])
      expect([await desk().counts(name), await desk().peek(name, 1), await desk().redrive(name, 1)]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    expect(await desk().redrive('sweep', 1)).toBe('notRedrivable');
    expect(await desk().counts('sweep')).toEqual({ queue: undefined, deadLetters: 1 });
  });
});
