import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  QueueDoesNotExist,
  SetQueueAttributesCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Declared } from './system.ts';

/** Creates the queue, or gives the one that is there the template's attributes. Its messages stay. */
export async function createQueue(client: SQSClient, queue: Declared<'AWS::SQS::Queue'>): Promise<void> {
  const { properties, name } = queue;
  const attributes = {
    VisibilityTimeout: String(properties.VisibilityTimeout),
    DelaySeconds: String(properties.DelaySeconds),
    MessageRetentionPeriod: String(properties.MessageRetentionPeriod),
    ReceiveMessageWaitTimeSeconds: String(properties.ReceiveMessageWaitTimeSeconds),
    MaximumMessageSize: String(properties.MaximumMessageSize),
    ...(properties.RedrivePolicy ? { RedrivePolicy: JSON.stringify(properties.RedrivePolicy) } : {}),
  };
  try {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: name }));
    // An empty policy takes away one that the template no longer has.
    await client.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy: '', ...attributes } }));
  } catch (error) {
    if (!(error instanceof QueueDoesNotExist)) throw error;
    await client.send(new CreateQueueCommand({ QueueName: name, Attributes: attributes }));
  }
}
