import { mockClient } from 'aws-sdk-client-mock';
import { AwsError, type Command, DynamoDBDocumentClient } from '../../shared/aws/dynamodb.ts';

/** Tables that answer what a test tells them to: for failures of the platform that no engine on one machine shows. */

type Asked<Input extends object, Output extends object> = new (input: Input) => Command<Input, Output>;
type Behaviour<Output> = {
  resolves(answer: Output): Behaviour<Output>;
  resolvesOnce(answer: Output): Behaviour<Output>;
  rejects(error: Error): Behaviour<Output>;
};

export type MockedTables = {
  reset(): void;
  onAnyCommand(): Behaviour<object>;
  on<I extends object, O extends object>(command: Asked<I, O>, input?: Partial<I>): Behaviour<O>;
  commandCalls<I extends object, O extends object>(command: Asked<I, O>): { args: [Command<I, O>] }[];
};

/** A client that reaches nothing, and what tells it its answers. */
export function mockedTables(): { db: DynamoDBDocumentClient; mock: MockedTables } {
  const db = new DynamoDBDocumentClient({ AWS_REGION: 'ap-southeast-1' });
  // The mock asks for no more than `send` and the classes of commands, which are ours; its types ask for the SDK's.
  return { db, mock: mockClient(db as never) as unknown as MockedTables };
}

export const throttled = (): AwsError => new AwsError('ThrottlingException', { message: 'Rate exceeded' });
