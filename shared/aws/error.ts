import type { AttributeValue } from '@aws-sdk/client-dynamodb';

type Metadata = { readonly httpStatusCode?: number };
type Words = { message?: string; $metadata?: Metadata };

/** What an AWS service refused, under the name that it gives. */
export class AwsError extends Error {
  /** As the SDK's errors have it: whoever sorts errors by status reads it here. */
  readonly $metadata: Metadata;
  /** The service's clock when it answered, in milliseconds since 1970; 0 when it did not say. */
  readonly serverTime: number;

  constructor(name: string, { message = '', $metadata = {} }: Words = {}, serverTime = 0) {
    super(message);
    this.name = name;
    this.$metadata = $metadata;
    this.serverTime = serverTime;
  }

  /** Reads an answer that is no success. What stands before the service answers its outages, and not in JSON. */
  static read(status: number, text: string, date: string): AwsError {
    const body = members(text);
    // `com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException`
    const type = String(body['__type'] ?? body['code'] ?? '');
    const name = /(?:^|#)([\w.]+)(?:$|[:,])/.exec(type)?.[1] ?? 'UnknownError';
    const words = {
      message: String(body['message'] ?? body['Message'] ?? `answered ${status}`),
      $metadata: { httpStatusCode: status },
    };
    const Known = KNOWN[name];
    return Known ? new Known({ ...body, ...words }) : new AwsError(name, words, Date.parse(date) || 0);
  }
}

/** A condition did not hold. `Item` is what stood there, when the call asked for it; as the wire has it. */
export class ConditionalCheckFailedException extends AwsError {
  readonly Item: Record<string, AttributeValue> | undefined;
  constructor({ Item, ...words }: Words & { Item?: Record<string, AttributeValue> } = {}) {
    super('ConditionalCheckFailedException', words);
    this.Item = Item;
  }
}

type Reason = { Code?: string; Message?: string; Item?: Record<string, AttributeValue> };

/** A transaction did not take place. One reason for each of its actions, in their order; `None` where it was not to blame. */
export class TransactionCanceledException extends AwsError {
  readonly CancellationReasons: Reason[] | undefined;
  constructor({ CancellationReasons, ...words }: Words & { CancellationReasons?: Reason[] } = {}) {
    super('TransactionCanceledException', words);
    this.CancellationReasons = CancellationReasons;
  }
}

const KNOWN: Readonly<Record<string, new (body: Words) => AwsError>> = {
  ConditionalCheckFailedException,
  TransactionCanceledException,
};

function members(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text || '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
