import * as z from 'zod';
import { type DynamoDBDocumentClient, UpdateCommand } from '../aws/dynamodb.ts';
import type { InvoiceNumber } from '../domain/invoice/number.ts';
import { lazy } from '../domain/lazy.ts';
import { invoiceOfEvent, Telling, type TellingBook } from '../domain/notification/telling.ts';
import { allItems } from './every-item.ts';

/**
 * What became of telling events, in the work table: partition `told#` and the invoice, sort the event and its owner. Not in
 * the invoice's item: that would be a write on the item that payments need.
 */
const partition = (number: InvoiceNumber): string => `told#${number}`;
const BETWEEN = '#';

const Item = lazy(() =>
  z.object({
    s: z.string(),
    ty: z.string(),
    td: z.number().optional(),
    hd: z.number().optional(),
    fd: z.number().optional(),
    wy: z.string().optional(),
  }),
);

const attribute = { told: 'td', held: 'hd', failed: 'fd' } as const;

export class TellingStore implements TellingBook {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async note(...[{ id, type }, owner, told, at]: Parameters<TellingBook['note']>): Promise<void> {
    const number = invoiceOfEvent(id);
    if (!number) return;
    const first = attribute[told.kind];
    await this.#db.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: { p: partition(number), s: `${id}${BETWEEN}${owner}` },
        UpdateExpression: `SET ty = :type, ${first} = if_not_exists(${first}, :at)${told.kind === 'failed' ? ', wy = :why' : ''}`,
        ExpressionAttributeValues: { ':type': type, ':at': at, ...(told.kind === 'failed' && { ':why': told.why }) },
      }),
    );
  }

  async ofInvoice(number: InvoiceNumber): Promise<Telling[]> {
    const items = await allItems(this.#db, {
      TableName: this.#table,
      KeyConditionExpression: 'p = :p',
      ExpressionAttributeValues: { ':p': partition(number) },
      ConsistentRead: true,
    });
    return items.map(parse);
  }
}

function parse(raw: unknown): Telling {
  const { s, ty, td, hd, fd, wy } = Item.parse(raw);
  const place = s.indexOf(BETWEEN);
  return Telling.parse({
    eventId: s.slice(0, place),
    owner: s.slice(place + 1),
    type: ty,
    ...(td !== undefined && { toldAt: td }),
    ...(hd !== undefined && { heldAt: hd }),
    ...(fd !== undefined && { failedAt: fd }),
    ...(wy !== undefined && { why: wy }),
  });
}
