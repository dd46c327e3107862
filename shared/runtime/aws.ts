import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** How AWS clients are made: once per process, at cold start, outside of any handler. */

/**
 * A call that hangs is worse than one that fails: it is repeated by the SDK (three tries in all), and a caller who waits
 * longer than the gateway does is told nothing. Milliseconds.
 */
export const REQUEST_LIMITS = {
  requestTimeout: 5_000,
  throwOnRequestTimeout: true,
} as const;

export function documentClient(): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient({ requestHandler: REQUEST_LIMITS }), {
    marshallOptions: { removeUndefinedValues: true },
  });
}
