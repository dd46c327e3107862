import type * as z from 'zod';
import { type DynamoDBDocumentClient, GetCommand, ScanCommand } from '../aws/dynamodb.ts';
import type { SubjectKind } from '../domain/audit/audit.ts';
import { WebhookEndpoint } from '../domain/notification/webhook.ts';
import { ProviderStatus } from '../domain/payment/availability.ts';
import { BeneficiaryRecord } from '../domain/registry/beneficiary.ts';
import type { LyingRow, RegistryPages, RegistryRow } from '../domain/registry/pages.ts';
import { Agency, Client, MerchantAccount, pursesOf, TerminalAccount } from '../domain/registry/registry.ts';

/** Rows that one page reads; all but versions of the law have some hundred bytes. */
const PAGE_ROWS = 200;
const BETWEEN = ' ';

/** The whole table of the registry. */
export class RegistryScan implements RegistryPages {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async page(after: string | undefined) {
    const { Items = [], LastEvaluatedKey: last } = await this.#db.send(
      new ScanCommand({
        TableName: this.#table,
        ConsistentRead: true,
        Limit: PAGE_ROWS,
        ...(after !== undefined && { ExclusiveStartKey: placeOf(after) }),
      }),
    );
    return { rows: Items.map(lying), after: last && keyOf(last) };
  }

  async at(key: string) {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: placeOf(key), ConsistentRead: true }),
    );
    return Item && lying(Item);
  }
}

/** No partition's name holds a space; a sort key may. */
const keyOf = ({ p, s }: Record<string, unknown>): string => `${p}${BETWEEN}${s}`;
function placeOf(key: string): { p: string; s: string } {
  const end = key.indexOf(BETWEEN);
  return { p: key.slice(0, end), s: key.slice(end + 1) };
}

function lying(raw: Record<string, unknown>): LyingRow {
  const key = keyOf(raw);
  try {
    return { key, row: rowOf(placeOf(key), raw['r']) };
  } catch {
    return { key, row: undefined }; // Whoever looks through the registry says which.
  }
}

/** Records that lie in a partition of their kind, with the sort key that each must have. */
const RECORDS: Readonly<Record<string, { kind: SubjectKind; name: (r: unknown) => [string, unknown] }>> = {
  agency: { kind: 'agencies', name: (r) => named(Agency, r, ({ code }) => code) },
  client: { kind: 'clients', name: (r) => named(Client, r, ({ id }) => id) },
  account: { kind: 'merchant-accounts', name: (r) => named(MerchantAccount, r, ({ id }) => id) },
  webhook: { kind: 'webhooks', name: (r) => named(WebhookEndpoint, r, ({ owner }) => owner) },
  provider: { kind: 'providers', name: (r) => named(ProviderStatus, r, ({ providerId }) => providerId) },
};

const named = <S extends z.ZodType>(schema: S, r: unknown, name: (record: z.infer<S>) => string): [string, unknown] => {
  const record = schema.parse(r);
  return [name(record), record];
};

/** Partitions, or how they begin, of rows that follow from others or say nothing of who takes part. */
const OTHERS = ['catalogue', 'catalogue-head', 'catalogue-call', 'provider-silence'];

/** What stands behind an account's own key where it is kept as it was before a change of its bank account. */
const FORMER = /^#\d{8,}$/;

function rowOf({ p, s }: { p: string; s: string }, r: unknown): RegistryRow | undefined {
  const kept = RECORDS[p];
  if (kept) {
    const [id, record] = kept.name(r);
    return id === s ? { kind: 'record', subject: { kind: kept.kind, id }, record } : undefined;
  }
  const [kind, ...rest] = p.split('#');
  if (kind === 'beneficiary') {
    if (s === 'head') return { kind: 'other' };
    const record = BeneficiaryRecord.parse(r);
    const { agencyCode, beneficiary, effectiveFrom } = record;
    if (rest.join('#') !== `${agencyCode}#${beneficiary}` || s !== effectiveFrom) return undefined;
    const id = [agencyCode, beneficiary, effectiveFrom].join(' ');
    return { kind: 'record', subject: { kind: 'beneficiaries', id }, record };
  }
  if (kind === 'payee') {
    const account = MerchantAccount.parse(r);
    const purse = pursesOf(account).find((one) => s === `${account.agencyCode}#${one}`);
    return purse !== undefined && rest[0] === account.providerId ? { kind: 'payee', purse, account } : undefined;
  }
  if (kind === 'terminal') {
    const account = TerminalAccount.parse(r);
    const own = `${account.terminal}#${account.id}`;
    const isOwn = s === own || (account.former === true && FORMER.test(s.slice(own.length)) && s.startsWith(own));
    return rest[0] === account.providerId && isOwn ? { kind: 'terminal', account } : undefined;
  }
  return OTHERS.includes(p) || kind === 'provider-change' ? { kind: 'other' } : undefined;
}
