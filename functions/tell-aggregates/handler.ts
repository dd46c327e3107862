import type { Context } from 'aws-lambda';
import { MINUTE_MILLISECONDS } from '../../shared/domain/time.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { readEnvironment, TellAggregatesEnvironment } from '../../shared/runtime/environment.ts';
import { feeProcedures } from '../../shared/runtime/fee-procedures.ts';
import { describeError, log } from '../../shared/runtime/log.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { AggregateStore } from '../../shared/store/aggregate-store.ts';
import { FeedStore } from '../../shared/store/feed-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { type Told, tellAggregates } from '../../shared/usecases/tell-aggregates.ts';

const environment = readEnvironment(TellAggregatesEnvironment, process.env);
const db = documentClient();
const feed = new FeedStore(db, environment.WORK_TABLE);
const dependencies = {
  aggregates: new AggregateStore(db, environment.WORK_TABLE),
  journal: new DynamoJournalReader(db, environment.JOURNAL_TABLE),
  watermark: feed,
  late: feed,
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  registry: new RegistryStore(db, environment.REGISTRY_TABLE),
  feeProcedures,
  first: environment.LEDGER_BEGINS,
  now: Date.now,
};

/** What an agency that was begun may take; the next run goes on where this one was ended. */
const LAST_AGENCY_MILLISECONDS = 2 * MINUTE_MILLISECONDS;

/** Every hour. Safe to run at any time, and twice at once. */
export async function handler(_: unknown, context: Context): Promise<Told> {
  const until = Date.now() + context.getRemainingTimeInMillis() - LAST_AGENCY_MILLISECONDS;
  const told = await tellAggregates(until, dependencies, (agencyCode, error) => {
    log.warn('agency not told', { agencyCode, ...describeError(error) });
  });
  log.info('aggregates told', told);
  if (told.behind > 0) count('AggregatesBehind', { stage: environment.STAGE }, told.behind);
  if (told.failed > 0) throw new Error(`${told.failed} agencies could not be told`);
  return told;
}
