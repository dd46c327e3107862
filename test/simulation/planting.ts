import { marshall } from '@aws-sdk/util-dynamodb';
import { ConditionalCheckFailedException, GetCommand, PutCommand, UpdateCommand } from '../../shared/aws/dynamodb.ts';
import { holds, type Item } from './expression.ts';
import type { Wiring } from './service.ts';
import type { Between, Command, Send } from './store.ts';

/** A mistake that somebody could make, switched on through the wiring alone. */
export type Bug = { name: string; says: string; wiring: () => Wiring };

/** Every so many records, messages or writes a mistake shows that does not always show. */
export const NOW_AND_THEN = 8;

export const isPost = (command: Command): command is UpdateCommand =>
  command instanceof UpdateCommand && (command.input.UpdateExpression?.includes('mv.#id') ?? false);

/** Writes the commands that `concerns` names under another condition. */
export const condition = (
  concerns: (command: Command) => command is UpdateCommand | PutCommand,
  changed: (text: string) => string,
): Between =>
  function between(command, send) {
    if (!concerns(command)) return send(command);
    const ConditionExpression = changed(command.input.ConditionExpression ?? '');
    if (command instanceof UpdateCommand) return send(new UpdateCommand({ ...command.input, ConditionExpression }));
    return send(new PutCommand({ ...command.input, ConditionExpression }));
  };

/** Sees whether the condition holds, and writes without it: another write may come between. */
export async function checkThenWrite(command: UpdateCommand, send: Send): Promise<object> {
  const { ConditionExpression, ...input } = command.input;
  const { Item: there } = (await send(
    new GetCommand({ TableName: input.TableName, Key: input.Key, ConsistentRead: true }),
  )) as { Item?: Item };
  const words = { names: input.ExpressionAttributeNames ?? {}, values: input.ExpressionAttributeValues ?? {} };
  if (holds(ConditionExpression ?? '', there ?? {}, words)) return send(new UpdateCommand(input));
  throw new ConditionalCheckFailedException({ message: '', $metadata: {}, ...(there && { Item: marshall(there) }) });
}

/** True once in so many calls. */
export function every(count: number): () => boolean {
  let calls = 0;
  return () => {
    calls += 1;
    return calls % count === 0;
  };
}

/** The state to which an update moves an invoice. */
export const stateOf = (command: UpdateCommand): unknown => command.input.ExpressionAttributeValues?.[':to'];
