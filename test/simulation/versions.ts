import { PutCommand, TransactWriteCommand, UpdateCommand } from '../../shared/aws/dynamodb.ts';
import type { Item } from './expression.ts';
import type { Command } from './store.ts';

/**
 * Releases side by side, as for some minutes in every deployment: a process may write as the release before does, or as
 * the next one will. All of them read everything with the code that is here; what they write differs.
 *
 * `earlier` sends along no more of the invoice than the first release of all did, before invoices could be replaced: what
 * it leaves out, the write's condition finds. `later` adds members that this release does not know, at every level of
 * every item and message. Nothing may be refused, lost or counted twice.
 */
export type Version = 'earlier' | 'current' | 'later';

/** A member that no release before the next one knows. */
export const NEWER = 'zz';
const newer = { [NEWER]: { since: 'later' } };

const isRecord = (value: unknown): value is Item =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const grown = <T>(value: T): T => (isRecord(value) ? { ...value, ...newer } : value);
const grownMembers = (map: unknown): unknown =>
  isRecord(map) ? Object.fromEntries(Object.entries(map).map(([name, value]) => [name, grown(value)])) : map;
const grownList = (list: unknown): unknown => (Array.isArray(list) ? list.map(grown) : list);

/** A command as a process of this release sends it. */
export function writtenBy(version: Version, command: Command): Command {
  if (version !== 'later') return command;
  if (command instanceof PutCommand) return new PutCommand({ ...command.input, Item: grownItem(command.input.Item) });
  if (command instanceof UpdateCommand) return new UpdateCommand(grownUpdate(command.input));
  if (command instanceof TransactWriteCommand)
    return new TransactWriteCommand({
      ...command.input,
      TransactItems: command.input.TransactItems?.map(({ Put, Update, ...rest }) => ({
        ...rest,
        ...(Put && { Put: { ...Put, Item: grownItem(Put.Item) } }),
        ...(Update && { Update: grownUpdate(Update) }),
      })),
    });
  return command;
}

function grownItem(item: Item = {}): Item {
  const { at, mv, py, o, r, no, ...rest } = item;
  return {
    ...grown(rest),
    ...(at !== undefined && { at: grownList(at) }),
    ...(mv !== undefined && { mv: grownMembers(mv) }),
    ...Object.fromEntries(
      Object.entries({ py, o, r, no }).flatMap(([k, v]) => (v === undefined ? [] : [[k, grown(v)]])),
    ),
  };
}

function grownUpdate<
  Input extends { UpdateExpression?: string | undefined; ExpressionAttributeValues?: Item | undefined },
>(input: Input): Input {
  const { UpdateExpression = '', ExpressionAttributeValues: values = {} } = input;
  const { ':movement': movement, ':attempt': attempt } = values;
  // Whatever comes after SET comes behind; REMOVE stands last.
  const [set = '', remove] = UpdateExpression.split(' REMOVE ');
  const grows = set.startsWith('SET ');
  return {
    ...input,
    UpdateExpression: grows
      ? `${set}, ${NEWER} = :${NEWER}${remove === undefined ? '' : ` REMOVE ${remove}`}`
      : UpdateExpression,
    ExpressionAttributeValues: {
      ...values,
      ...(grows && { [`:${NEWER}`]: newer[NEWER] }),
      ...(movement !== undefined && { ':movement': grown(movement) }),
      ...(attempt !== undefined && { ':attempt': grownList(attempt) }),
    },
  };
}

/** A message as a process of this release sends it. */
export function sentBy(version: Version, message: unknown): unknown {
  if (!isRecord(message) || version === 'current') return message;
  const { facts, notice, owner, event, ...rest } = message;
  if (version === 'earlier')
    return {
      ...message,
      ...(isRecord(facts) && { facts: factsAtFirst(facts) }),
      ...(isRecord(notice) && { notice: noticeAtFirst(notice) }),
    };
  const { data, ...envelope } = isRecord(event) ? event : { data: undefined };
  return {
    ...grown(rest),
    ...(notice !== undefined && { notice: grown(notice) }),
    ...(facts !== undefined && { facts: grown(facts) }),
    owner: grown(owner),
    ...(event !== undefined && { event: { ...grown(envelope), data: grown(data) } }),
  };
}

/** The first release knew no reversals: what it could not read, a person looks at. */
const noticeAtFirst = ({ outcome, ...notice }: Item): Item => ({
  ...notice,
  outcome: outcome === 'reversed' || outcome === 'limbo' ? 'review' : outcome,
});

/**
 * The members that the first release's messages had; an attempt and a movement of theirs had these.
 */
const FACTS = ['number', 'state', 'agencyCode', 'dossierCode', 'due', 'total', 'expiresAt', 'lines'];
const ATTEMPT = ['providerId', 'merchantAccountId', 'terminal', 'state', 'expiresAt'];
const MOVEMENT = ['movementId', 'amount', 'terminal', 'attempt'];

const only = (value: Item, names: readonly string[]): Item =>
  Object.fromEntries(names.flatMap((name) => (value[name] === undefined ? [] : [[name, value[name]]])));

function factsAtFirst(facts: Item): Item {
  const list = (name: string, names: readonly string[]) => (facts[name] as Item[]).map((one) => only(one, names));
  return { ...only(facts, FACTS), attempts: list('attempts', ATTEMPT), movements: list('movements', MOVEMENT) };
}

/** What every release agrees on: without the members that only the next one knows. */
export function known(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(known);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => (name === NEWER ? [] : [[name, known(member)]])),
  );
}
