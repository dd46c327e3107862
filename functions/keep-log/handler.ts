import { documentClient } from '../../shared/runtime/aws.ts';
import { KeepLogEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { LogbookStore } from '../../shared/store/logbook-store.ts';
import { type KeptRecords, keepRecords } from '../../shared/usecases/keep-records.ts';
import { linesOf } from './lines.ts';

const environment = readEnvironment(KeepLogEnvironment, process.env);
const logbook = new LogbookStore(documentClient(), environment.AUDIT_TABLE);

/** A batch of log lines that are records. Safe to run again: each record is kept once. */
export async function handler(event: unknown): Promise<KeptRecords> {
  const kept = await keepRecords(linesOf(event), { logbook });
  log.info('records kept', kept);
  return kept;
}
