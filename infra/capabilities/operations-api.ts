import { Stack } from 'aws-cdk-lib';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { OperationsApiEnvironment } from '../../shared/runtime/environment.ts';
import type { HttpGateway } from '../constructs/http-gateway.ts';
import { allow } from '../constructs/permission.ts';
import { httpTimeout, ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import type { DataStack } from '../stacks/data.ts';

/** A queue, or one a provider, with its dead letters; or dead letters of calls that nobody puts back. */
export type Desk = { deadLetters: Queue; queue?: Queue; queues?: Readonly<Record<string, Queue>> };

type Props = { setting: Setting; data: DataStack; gateway: HttpGateway; queues: Readonly<Record<string, Desk>> };

/** Operators look at what was put aside, put it back, and have the books proved. */
export class OperationsApi extends Construct {
  constructor(scope: Construct, id: string, { setting, data, gateway, queues }: Props) {
    super(scope, id);
    const { work, registry, failedBatches } = data;
    const addresses = Object.fromEntries(
      Object.entries(queues).map(([name, { deadLetters, queue, queues }]) => [
        name,
        {
          deadLetters: deadLetters.queueUrl,
          ...(queue && { queue: queue.queueUrl }),
          ...(queues && {
            byProvider: Object.fromEntries(Object.entries(queues).map(([id, one]) => [id, one.queueUrl])),
          }),
        },
      ]),
    );

    const operationsApi = new ServiceFunction<OperationsApiEnvironment>(this, 'OperationsApi', {
      setting,
      entry: 'operations-api',
      impact: 'Operators cannot see or redrive what was put aside; payments go on.',
      timeout: httpTimeout,
      memory: setting.settings.memory.http,
      environment: {
        STAGE: setting.settings.stage,
        REGISTRY_TABLE: registry.table.tableName,
        WORK_TABLE: work.table.tableName,
        REPUBLISH_QUEUE_URL: failedBatches.republish.queue.queueUrl,
        QUEUES: Stack.of(this).toJsonString(addresses),
      },
    });
    for (const { deadLetters, queue, queues: several = {} } of Object.values(queues)) {
      allow(operationsApi, [...taking], deadLetters.queueArn);
      // It puts back what was there: `redrive` sends what it has just received, and there is no call that sends another.
      for (const one of [...(queue ? [queue] : []), ...Object.values(several)])
        allow(operationsApi, ['sqs:GetQueueAttributes', 'sqs:SendMessage'], one.queueArn);
    }
    registry.grantRead(operationsApi);
    work.grantRecordCall(operationsApi);
    work.grantListBlocked(operationsApi);
    gateway.serve('operations-api', operationsApi.lambda);
  }
}

const taking = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
] as const;
