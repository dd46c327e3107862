import { randomUUID } from 'node:crypto';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Clients } from './clients.ts';
import type { System } from './system.ts';

/** Takes what a mapping gave up. A bucket gets the payload too, a queue only what says where it was. */
export type FailureDestination = (report: object, payload: string, name: string) => Promise<void>;

/** The bucket or queue with that ARN; undefined when it is neither. */
export function failureDestination(arn: string, system: System, clients: Clients): FailureDestination | undefined {
  const bucket = system.byAttribute('AWS::S3::Bucket', 'Arn', arn);
  if (bucket) {
    return async (report, payload, name) => {
      const Body = JSON.stringify({ ...report, payload });
      await clients.buckets.send(
        new PutObjectCommand({ Bucket: bucket.name, Key: name, Body, ContentType: 'application/json' }),
      );
    };
  }
  const queue = system.byAttribute('AWS::SQS::Queue', 'Arn', arn);
  if (!queue) return undefined;
  return async (report) => {
    await clients.queues.send(new SendMessageCommand({ QueueUrl: queue.ref, MessageBody: JSON.stringify(report) }));
  };
}

/** `aws/lambda/<mapping>/<shard>/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-<uuid>`, as Lambda names it. */
export function failureObjectName(mapping: string, shard: string, at: Date): string {
  const [day = '', time = ''] = at.toISOString().split('T');
  return `aws/lambda/${mapping}/${shard}/${day.replaceAll('-', '/')}/${day}T${time.slice(0, 8).replaceAll(':', '.')}-${randomUUID()}`;
}
