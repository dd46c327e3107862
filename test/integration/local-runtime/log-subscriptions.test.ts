import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalStack } from '../../../infra/local/stack.ts';
import { awsClients, eventually, type Resources, workshop } from './fixture.ts';

const shop = workshop();
let stack: LocalStack;

/** Notes the lines that it is handed, unpacked; a line with `bad` makes it fail. */
const KEEPER = `exports.handler = async (event) => {
  const text = require('node:zlib').gunzipSync(Buffer.from(event.awslogs.data, 'base64')).toString();
  const { messageType, logEvents } = JSON.parse(text);
  if (text.includes('bad')) { note({ failed: true }); throw new Error('bad'); }
  note({ messageType, lines: logEvents.map(({ message }) => message) });
};`;

const resources = (pattern = '{ $.book = "*" }'): Resources => ({
  SpeakerLogs: { Type: 'AWS::Logs::LogGroup', Properties: {} },
  Speaker: shop.lambda(
    'Speaker',
    "exports.handler = async ({ say }) => process.stdout.write(say.join('\\n') + '\\n');",
    {
      LoggingConfig: { LogGroup: { Ref: 'SpeakerLogs' } },
    },
  ),
  DeadLetters: { Type: 'AWS::SQS::Queue', Properties: {} },
  Keeper: shop.lambda('Keeper', KEEPER, {
    DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } },
  }),
  Subscription: {
    Type: 'AWS::Logs::SubscriptionFilter',
    Properties: {
      LogGroupName: { Ref: 'SpeakerLogs' },
      FilterPattern: pattern,
      DestinationArn: { 'Fn::GetAtt': ['Keeper', 'Arn'] },
    },
  },
});

const start = () => shop.start({ limits: { logIdleMilliseconds: 10 } });
type Note = { failed?: true; messageType?: string; lines?: string[] };
const handed = () => shop.notes<Note>().flatMap(({ lines = [] }) => lines);

beforeAll(async () => {
  shop.writeAssembly({ Service: { Resources: resources() } });
  stack = await start();
});
afterAll(async () => {
  await stack?.stop();
  shop.remove();
});

describe('a subscription of a function’s log', () => {
  it('hands over the lines that fit, and no other', async () => {
    const say = [
      '{"book":"one","text":"\\u000a"}',
      'plain',
      '{"message":"book"}',
      '{"book":7}',
      '{"book',
      '{"book":"two"}',
    ];
    await stack.invoke('Speaker', { say });
    await eventually(() => handed().length === 2);
    expect(handed()).toEqual(['{"book":"one","text":"\\u000a"}', '{"book":"two"}']);
    expect(shop.notes<Note>()[0]?.messageType).toBe('DATA_MESSAGE');
  });

  it('goes on where it was when the stack starts again, and hands over what was said before it ended', async () => {
    const before = handed().length;
    await stack.invoke('Speaker', { say: ['{"book":"three"}'] });
    await stack.stop();
    stack = await start();
    await eventually(() => handed().includes('{"book":"three"}'));
    await stack.invoke('Speaker', { say: ['{"book":"four"}'] });
    await eventually(() => handed().includes('{"book":"four"}'));
    // A batch that was in hand at the end may come twice; nothing older comes again.
    expect(new Set(handed().slice(before))).toEqual(new Set(['{"book":"three"}', '{"book":"four"}']));
  });

  it('puts a batch that fails for good among the dead letters, and goes on', async () => {
    await stack.invoke('Speaker', { say: ['{"book":"bad"}'] });
    await eventually(() => shop.notes<Note>().filter(({ failed }) => failed).length === 3);
    await stack.invoke('Speaker', { say: ['{"book":"five"}'] });
    await eventually(() => handed().includes('{"book":"five"}'));
    const { queues } = awsClients(stack);
    const { ReceiveMessageCommand } = await import('@aws-sdk/client-sqs');
    const { Messages = [] } = await queues.send(
      new ReceiveMessageCommand({ QueueUrl: stack.queues['DeadLetters'] ?? '', WaitTimeSeconds: 2 }),
    );
    expect(JSON.parse(Messages[0]?.Body ?? '{}')).toHaveProperty('awslogs.data');
  });

  it.each([
    ['a pattern that it does not know', resources('{ $.level = "ERROR" || $.book = "*" }'), 'is not known here'],
    [
      'a log of nobody',
      { ...resources(), Speaker: shop.lambda('Speaker', 'exports.handler = async () => 1;') },
      'joins no log of a function',
    ],
  ])('with %s does not start', async (_, declared, words) => {
    const other = workshop();
    try {
      other.writeAssembly({ Service: { Resources: declared } });
      await expect(other.start()).rejects.toThrow(words);
    } finally {
      other.remove();
    }
  });
});
