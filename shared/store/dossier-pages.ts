import { type DynamoDBDocumentClient, ScanCommand } from '../aws/dynamodb.ts';
import type { DossierClaim, DossierPages, LyingDossier } from '../domain/invoice/book.ts';
import { batchGet } from './batch-get.ts';
import { dossierKey, parseDossier } from './dossier-store.ts';

/** Items that one page reads; most have a hundred bytes. */
const PAGE_ITEMS = 1_000;

/** The whole table of dossiers. */
export class DossierScan implements DossierPages {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async of(dossiers: readonly Pick<DossierClaim, 'agencyCode' | 'dossierCode'>[]) {
    const keys = dossiers.map(({ agencyCode, dossierCode }) => dossierKey(agencyCode, dossierCode));
    const once = [...new Map(keys.map((key) => [key.k, key])).values()];
    const found = (await batchGet(this.#db, this.#table, once)) as Record<string, unknown>[];
    const there = new Map(found.map((item) => [String(item['k']), readable(item)]));
    return keys.map(({ k }) => there.get(k));
  }

  async page(after: string | undefined) {
    const { Items = [], LastEvaluatedKey } = await this.#db.send(
      new ScanCommand({
        TableName: this.#table,
        ConsistentRead: true,
        Limit: PAGE_ITEMS,
        ...(after !== undefined && { ExclusiveStartKey: { k: after } }),
      }),
    );
    return {
      dossiers: Items.map((item) => ({ key: String(item['k']), dossier: readable(item) })),
      after: LastEvaluatedKey && String(LastEvaluatedKey['k']),
    };
  }
}

function readable(item: Record<string, unknown>): LyingDossier | undefined {
  try {
    return parseDossier(item);
  } catch {
    return undefined; // Whoever looks through the dossiers says which.
  }
}
