import { startOfDay } from '../../shared/domain/time.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { readEnvironment, SealLedgerEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { BalanceStore } from '../../shared/store/balance-store.ts';
import { DynamoJournalReader } from '../../shared/store/journal-reader.ts';
import { DynamoJournalScanner } from '../../shared/store/journal-scanner.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { SealStore } from '../../shared/store/seal-store.ts';
import { type Kept, keepLedger } from '../../shared/usecases/keep-ledger.ts';

const environment = readEnvironment(SealLedgerEnvironment, process.env);
const db = documentClient();
const reader = new DynamoJournalReader(db, environment.JOURNAL_TABLE);
const scanner = new DynamoJournalScanner(db, environment.JOURNAL_TABLE);

const dependencies = {
  journal: {
    ofDay: reader.ofDay.bind(reader),
    between: scanner.between.bind(scanner),
    at: scanner.at.bind(scanner),
  },
  seals: new SealStore(environment.SEALS_BUCKET, db, environment.WORK_TABLE),
  balances: new BalanceStore(environment.FILES_BUCKET),
  registry: new RegistryStore(db, environment.REGISTRY_TABLE),
  first: startOfDay(environment.LEDGER_BEGINS),
  pace: environment.SEALING_PACE,
  now: Date.now,
};

/** Every hour. Safe to run at any time, and twice at once. */
export async function handler(): Promise<Kept> {
  const kept = await keepLedger(dependencies);
  log.info('ledger.kept', kept);
  return kept;
}
