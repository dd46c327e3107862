import { setTimeout as delay } from 'node:timers/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Clients } from './clients.ts';
import { reasonOf } from './failures.ts';
import type { FunctionPool, Outcome } from './functions.ts';
import type { Limits } from './limits.ts';
import type { Declared, System } from './system.ts';

/** Invokes a function that nobody waits for, as Lambda's event queue does. The outcome is that of the last try. */
export type InvokeLater = (event: unknown) => Promise<Outcome>;

const DEFAULT_RETRIES = 2;

/**
 * Tries again after one minute and after two, as often as the function's `EventInvokeConfig` says; what then still fails
 * goes to its failure destination or dead-letter queue. Waiting tries are in memory: they end with the stack.
 */
export function invokeLater(options: {
  target: FunctionPool;
  config: Declared<'AWS::Lambda::EventInvokeConfig'> | undefined;
  system: System;
  clients: Clients;
  limits: Limits;
  signal: AbortSignal;
  log(line: string): void;
}): InvokeLater {
  const { target, config, system, clients, limits, signal, log } = options;
  const { definition } = target;
  const retries = config?.properties.MaximumRetryAttempts ?? DEFAULT_RETRIES;

  async function bury(event: unknown, outcome: Outcome, tries: number): Promise<void> {
    const error = outcome.kind === 'failed' ? outcome.error : { errorType: outcome.kind, errorMessage: outcome.kind };
    log(`${definition.shortName}: an asynchronous invocation failed ${tries} times: ${error.errorMessage}`);
    const deadLetters = system.byAttribute(
      'AWS::SQS::Queue',
      'Arn',
      definition.properties.DeadLetterConfig?.TargetArn ?? '',
    );
    const onFailure = system.byAttribute(
      'AWS::SQS::Queue',
      'Arn',
      config?.properties.DestinationConfig?.OnFailure?.Destination ?? '',
    );
    if (deadLetters) {
      await clients.queues.send(
        new SendMessageCommand({ QueueUrl: deadLetters.ref, MessageBody: JSON.stringify(event) }),
      );
    }
    if (onFailure) {
      const report = {
        version: '1.0',
        timestamp: new Date().toISOString(),
        requestContext: {
          functionArn: `${target.arn}:$LATEST`,
          condition: 'RetriesExhausted',
          approximateInvokeCount: tries,
        },
        requestPayload: event,
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        responsePayload: error,
      };
      await clients.queues.send(
        new SendMessageCommand({ QueueUrl: onFailure.ref, MessageBody: JSON.stringify(report) }),
      );
    }
  }

  return async (event) => {
    for (let tries = 1; ; tries += 1) {
      const outcome = await target.invoke(event);
      if (outcome.kind === 'answered' || signal.aborted) return outcome;
      if (tries > retries) {
        await bury(event, outcome, tries).catch((error: unknown) => log(reasonOf(error)));
        return outcome;
      }
      const gaps = limits.asynchronousRetryMilliseconds;
      await delay(gaps[tries - 1] ?? gaps.at(-1), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return outcome;
    }
  };
}
