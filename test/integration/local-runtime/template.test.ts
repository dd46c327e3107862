import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDirectory } from '../../../infra/local/data-directory.ts';
import { DataDirectoryInUse, PortTaken, UnsupportedTemplate } from '../../../infra/local/failures.ts';
import { httpApi, type Resources, secretsManager, testClients, type Workshop, workshop } from './fixture.ts';

let shop: Workshop;
beforeEach(() => {
  shop = workshop();
});
afterEach(() => shop.remove());

const TABLE = {
  AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
};

/** What the start complains of. Nothing may have been started by then. */
async function problemsOf(resources: Resources, sections: object = {}): Promise<readonly string[]> {
  shop.writeAssembly({ Service: { ...sections, Resources: resources } });
  const failure = await shop.start().then(
    async (stack) => {
      await stack.stop();
      return undefined;
    },
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(UnsupportedTemplate);
  expect(existsSync(path.join(shop.dataDirectory, 'tables.db'))).toBe(false);
  return failure instanceof UnsupportedTemplate ? failure.problems : [];
}

describe('what the local platform does not know is an error that names it, before anything starts', () => {
  it('a resource type', async () => {
    expect(await problemsOf({ Web: { Type: 'AWS::EC2::Instance' } })).toEqual([
      'Service/Web: resource type AWS::EC2::Instance is not known here',
    ]);
  });

  it('a property of a resource that acts, however deep', async () => {
    const problems = await problemsOf({
      Queue: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
      Table: {
        Type: 'AWS::DynamoDB::Table',
        Properties: { ...TABLE, StreamSpecification: { StreamViewType: 'KEYS_ONLY', Speed: 1 } },
      },
    });
    expect(problems).toEqual([
      'Service/Queue (AWS::SQS::Queue): property FifoQueue is not known here',
      'Service/Table (AWS::DynamoDB::Table): property StreamSpecification.Speed is not known here',
    ]);
  });

  it('an intrinsic function, also in a resource that is only accepted', async () => {
    const problems = await problemsOf({
      Role: { Type: 'AWS::IAM::Role', Properties: { Path: { 'Fn::Cidr': ['10.0.0.0/8', 1] } } },
      Policy: {
        Type: 'AWS::IAM::Policy',
        Properties: { Roles: [{ Ref: 'Nobody' }, { 'Fn::GetAtt': ['Role', 'Shoe'] }] },
      },
    });
    expect(problems).toEqual([
      'Service/Role: intrinsic function Fn::Cidr is not known here',
      'Service/Policy: Ref to Nobody, which is not known here',
      'Service/Policy: Fn::GetAtt Role.Shoe, which is not known here',
    ]);
  });

  it('an import that nobody exports, a parameter without a value, a condition function', async () => {
    const problems = await problemsOf(
      {
        One: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::ImportValue': 'Data:Nothing' } } },
        Two: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'Unset' } } },
        Three: { Type: 'AWS::SQS::Queue', Condition: 'Odd', Properties: {} },
      },
      { Parameters: { Unset: { Type: 'String' } }, Conditions: { Odd: { 'Fn::Contains': [] } } },
    );
    expect(problems).toEqual([
      'Service/One: Fn::ImportValue Data:Nothing, which no stack exports',
      'Service/Two: parameter Unset has no value',
      'Service/Three: condition function Fn::Contains is not known here',
    ]);
  });

  it('an event filter, a schedule, a mapping without an end, a route without a function', async () => {
    const Work = shop.lambda('work', 'exports.handler = async () => {};');
    const mapping = (properties: object) => ({
      Type: 'AWS::Lambda::EventSourceMapping',
      Properties: { FunctionName: { Ref: 'Work' }, ...properties },
    });
    const Queue = { Type: 'AWS::SQS::Queue', Properties: {} };
    const queueArn = { 'Fn::GetAtt': ['Queue', 'Arn'] };
    const Pattern = JSON.stringify({ body: [{ wildcard: '*' }] });
    expect(
      (
        await problemsOf({
          Work,
          Queue,
          Map: mapping({ EventSourceArn: queueArn, FilterCriteria: { Filters: [{ Pattern }] } }),
        })
      )[0],
    ).toContain('Service/Map: operator wildcard of an event filter is not known here');
    expect((await problemsOf({ Work, Map: mapping({ EventSourceArn: 'arn:aws:kinesis:x' }) }))[0]).toContain(
      'Service/Map: it joins no',
    );
    const schedule = {
      ScheduleExpression: 'cron(0 0 L * ? *)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { Arn: { 'Fn::GetAtt': ['Work', 'Arn'] }, RoleArn: 'arn:role' },
    };
    expect(
      (await problemsOf({ Work, Clock: { Type: 'AWS::Scheduler::Schedule', Properties: schedule } }))[0],
    ).toContain('Service/Clock');
    expect((await problemsOf({ Work, Queue, ...httpApi({ 'GET /a': { target: 'Queue' } }) }))[0]).toContain(
      'Service/Route0: route GET /a',
    );
  });

  it('a scope of a local client that the resource server does not have', async () => {
    const scopes = testClients.flatMap((client) => client.scopes).filter((scope) => scope !== 'reports:read');
    const problems = await problemsOf({
      Server: {
        Type: 'AWS::Cognito::UserPoolResourceServer',
        Properties: {
          UserPoolId: 'pool',
          Identifier: 'thuphi',
          Name: 'Thuphi',
          Scopes: scopes.map((ScopeName) => ({ ScopeName, ScopeDescription: ScopeName })),
        },
      },
    });
    expect(problems).toEqual(['local client finance holds reports:read, which the resource server does not have']);
  });
});

describe('intrinsic functions', () => {
  it('give a function what the stacks say, across stacks', async () => {
    const variables = {
      JOINED: { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Region' }, { Ref: 'AWS::AccountId' }]] },
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the template's own syntax.
      SUB: { 'Fn::Sub': ['${AWS::StackName}/${!kept}/${own}/${Queue.QueueName}/${Queue}', { own: 'x' }] },
      SELECTED: { 'Fn::Select': [1, { 'Fn::Split': [',', 'a,b,c'] }] },
      IMPORTED: { 'Fn::ImportValue': 'Data:TableName' },
      CHOSEN: { 'Fn::If': ['Yes', 'yes', 'no'] },
      LEFT_OUT: { Ref: 'AWS::NoValue' },
      PARAMETER: { Ref: 'Stage' },
      SECRET: { Ref: 'Secret' },
      API: { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] },
    };
    shop.writeAssembly({
      Data: {
        Resources: { Table: { Type: 'AWS::DynamoDB::Table', Properties: TABLE } },
        Outputs: {
          Name: {
            Value: { Ref: 'Table' },
            Export: { Name: { 'Fn::Join': [':', [{ Ref: 'AWS::StackName' }, 'TableName']] } },
          },
        },
      },
      Service: {
        Parameters: {
          BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/version' },
          Stage: { Type: 'String', Default: 'sandbox' },
        },
        Rules: { CheckBootstrapVersion: { Assertions: [] } },
        Conditions: {
          Yes: {
            'Fn::Or': [{ 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'nowhere'] }, { 'Fn::Not': [{ Condition: 'No' }] }],
          },
          No: { 'Fn::Equals': ['a', 'b'] },
        },
        Resources: {
          Queue: { Type: 'AWS::SQS::Queue', Properties: {} },
          NotHere: { Type: 'AWS::EC2::Instance', Condition: 'No' },
          Secret: { Type: 'AWS::SecretsManager::Secret', Properties: { Name: 'thuphi/one', GenerateSecretString: {} } },
          Show: shop.lambda('show', 'exports.handler = async () => process.env;', {
            Environment: { Variables: variables },
          }),
          ...httpApi({}),
        },
      },
    });
    const stack = await shop.start();
    try {
      const seen = (await stack.invoke('Show', {})) as Record<string, string>;
      expect(seen).toMatchObject({
        JOINED: 'a-ap-southeast-1-000000000000',
        SUB: `Service/\${kept}/x/Service-Queue/${stack.queues['Queue']}`,
        SELECTED: 'b',
        IMPORTED: 'Data-Table',
        CHOSEN: 'yes',
        PARAMETER: 'sandbox',
        SECRET: 'arn:aws:secretsmanager:ap-southeast-1:000000000000:secret:thuphi/one-LocalX',
        API: stack.url,
        AWS_LAMBDA_FUNCTION_NAME: 'Service-Show',
        AWS_REGION: 'ap-southeast-1',
        TZ: ':UTC',
      });
      expect(seen).not.toHaveProperty('LEFT_OUT');
      // The template's variables and Lambda's, and nothing of the machine's.
      expect(seen).toEqual(stack.environment('Show'));
      for (const own of ['HOME', 'NODE_ENV', 'VITEST']) expect(seen).not.toHaveProperty(own);
    } finally {
      await stack.stop();
    }
  });
});

describe('starting', () => {
  it('says that the port is taken, and touches nothing', async () => {
    shop.writeAssembly({ Service: { Resources: {} } });
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as { port: number };
    await expect(shop.start({ port })).rejects.toThrow(PortTaken);
    expect(existsSync(shop.dataDirectory)).toBe(false);
    await new Promise((done) => other.close(done));
  });

  it('refuses a second stack on one data directory, and leaves the first alone', async () => {
    shop.writeAssembly({ Service: { Resources: {} } });
    const first = await shop.start();
    await expect(shop.start()).rejects.toThrow(DataDirectoryInUse);
    expect((await fetch(`${first.endpoints.sqs}/health`)).ok).toBe(true);
    await first.stop();
    (await openDataDirectory(shop.dataDirectory, false)).release();
  });

  it('takes over the lock of a dead process, even when its number was given to another', async () => {
    mkdirSync(shop.dataDirectory);
    for (const holder of ['4194303\nnode stack', `${process.pid}\nanother program`]) {
      writeFileSync(path.join(shop.dataDirectory, 'stack.pid'), holder);
      (await openDataDirectory(shop.dataDirectory, false)).release();
    }
  });

  it('kills no process that was given the number of one of its own', async () => {
    const processes = path.join(shop.dataDirectory, 'processes');
    mkdirSync(processes, { recursive: true });
    writeFileSync(path.join(processes, String(process.pid)), 'an engine of an earlier stack');
    (await openDataDirectory(shop.dataDirectory, false)).release();
    expect(existsSync(path.join(processes, String(process.pid)))).toBe(false);
  });

  it('keeps addresses, tokens and secrets between starts, and forgets them when fresh', async () => {
    const Secret = {
      Type: 'AWS::SecretsManager::Secret',
      Properties: {
        Name: 'thuphi/key',
        GenerateSecretString: {
          SecretStringTemplate: '{"id":1}',
          GenerateStringKey: 'key',
          PasswordLength: 40,
          ExcludePunctuation: true,
        },
      },
    };
    shop.writeAssembly({ Service: { Resources: { Secret, Queue: { Type: 'AWS::SQS::Queue', Properties: {} } } } });
    const seen = async (fresh: boolean) => {
      const stack = await shop.start({ fresh });
      const secret = await secretsManager(stack.endpoints.secretsManager, 'GetSecretValue', { SecretId: 'thuphi/key' });
      const kept = {
        queue: stack.queues['Queue'],
        issuer: stack.issuer,
        clients: stack.clients,
        secret: secret.body['SecretString'],
      };
      await stack.stop();
      return kept;
    };
    const first = await seen(false);
    expect(JSON.parse(String(first.secret))).toEqual({ id: 1, key: expect.stringMatching(/^[A-Za-z0-9]{40}$/) });
    expect(await seen(false)).toEqual(first);
    const fresh = await seen(true);
    expect(fresh.secret).not.toBe(first.secret);
    expect(fresh.clients).not.toEqual(first.clients);
  });

  it('refuses a table whose keys have changed, and says how to begin anew', async () => {
    const withKey = (name: string) => ({
      Service: {
        Resources: {
          Table: {
            Type: 'AWS::DynamoDB::Table',
            Properties: {
              ...TABLE,
              AttributeDefinitions: [{ AttributeName: name, AttributeType: 'S' }],
              KeySchema: [{ AttributeName: name, KeyType: 'HASH' }],
            },
          },
        },
      },
    });
    shop.writeAssembly(withKey('pk'));
    await (await shop.start()).stop();
    shop.writeAssembly(withKey('id'));
    await expect(shop.start()).rejects.toThrow('--fresh');
  });

  it('runs schedules on demand; a failing target is tried three times, then its event is a dead letter', async () => {
    const schedule = (target: string, Input: string) => ({
      Type: 'AWS::Scheduler::Schedule',
      Properties: {
        ScheduleExpression: 'cron(0 3 * * ? *)',
        ScheduleExpressionTimezone: 'Asia/Ho_Chi_Minh',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: { Arn: { 'Fn::GetAtt': [target, 'Arn'] }, RoleArn: 'arn:role', Input },
      },
    });
    shop.writeAssembly({
      Service: {
        Resources: {
          Dead: { Type: 'AWS::SQS::Queue', Properties: {} },
          Sweep: shop.lambda('sweep', 'exports.handler = async (event) => note(event);'),
          Fail: shop.lambda('fail', "exports.handler = async (event) => { note(event); throw new Error('no'); };", {
            DeadLetterConfig: { TargetArn: { 'Fn::GetAtt': ['Dead', 'Arn'] } },
          }),
          SweepSchedule: schedule('Sweep', '{"task":"expire","at":"<aws.scheduler.scheduled-time>"}'),
          FailSchedule: schedule('Fail', '{"task":"fail"}'),
        },
      },
    });
    const stack = await shop.start();
    await stack.runSchedule('sweep');
    expect(shop.notes()).toEqual([{ task: 'expire', at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) }]);
    await expect(stack.runSchedule('FailSchedule')).rejects.toThrow('no');
    expect(shop.notes().slice(1)).toEqual([{ task: 'fail' }, { task: 'fail' }, { task: 'fail' }]);
    const answer = await fetch(`${stack.endpoints.sqs}/_fauxqs/queues/Service-Dead`);
    const { messages } = (await answer.json()) as { messages: { ready: { body: string }[] } };
    expect(messages.ready.map(({ body }) => body)).toEqual(['{"task":"fail"}']);
    await stack.stop();
  });
});
