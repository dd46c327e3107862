import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Act, EntryLog } from '../../shared/domain/audit/audit.ts';
import type { BookItem, BookPages, InvoiceBook } from '../../shared/domain/invoice/book.ts';
import type { JournalProver, JournalReader } from '../../shared/domain/ledger/journal.ts';
import type { DecisionBook } from '../../shared/domain/reconciliation/decisions.ts';
import type { RegistryReader } from '../../shared/domain/registry/book.ts';
import type { RemittanceBook } from '../../shared/domain/remittance/remittance.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { describeError, type Log } from '../../shared/runtime/log.ts';
import { planRepair } from '../../shared/usecases/plan-repair.ts';
import type { ProveRegistryDependencies } from '../../shared/usecases/prove-registry.ts';
import { type PublishDependencies, publishChange } from '../../shared/usecases/publish-change.ts';
import {
  enterPiece,
  type Finding,
  proveDay,
  proveRegistryPiece,
  proveWorkPiece,
  type RepairDependencies,
  repairPiece,
} from '../../shared/usecases/repair.ts';
import { type RepublishWork, workOf } from './messages.ts';

export type RepublishDependencies = Omit<RepairDependencies, 'found' | 'pieces' | 'book'> &
  PublishDependencies & {
    book: BookPages;
    batches: { read(key: string): Promise<ChangeRecord[]> };
    reader: JournalReader & JournalProver;
    decisions: Pick<DecisionBook, 'of'>;
    invoices: Pick<InvoiceBook, 'findMany'>;
    remittances: Pick<RemittanceBook, 'find'>;
    registry: Pick<RegistryReader, 'agencyCodes'>;
    acts: Pick<EntryLog<Act>, 'named'>;
    rows: ProveRegistryDependencies['rows'];
    /** The registry as it stands, past every memory. */
    registered: ProveRegistryDependencies['registry'];
    /** Its own queue: what is still to be done comes back from there. */
    again: { sendAll(messages: readonly unknown[]): Promise<void> };
    log: Log;
  };

type ChangeRecord = () => { before: BookItem | undefined; after: BookItem; at: Instant } | undefined;

/**
 * Takes pieces of work from its queue: a batch that was put aside, a part of a repair, a day, a work list or the registry to prove. The clock's call
 * only puts the day's repair into that queue.
 */
export const republisher =
  (dependencies: RepublishDependencies) =>
  async (event: SQSEvent | Record<string, unknown>): Promise<SQSBatchResponse> => {
    if (!isQueue(event)) {
      const now = dependencies.now();
      await dependencies.again.sendAll(await planRepair({}, now, dependencies.registry));
      return { batchItemFailures: [] };
    }
    const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
    for (const { messageId, body } of event.Records) {
      try {
        for (const work of workOf(body)) await carryOut(work, dependencies);
      } catch (error) {
        dependencies.log.warn('not republished', { messageId, ...describeError(error) });
        batchItemFailures.push({ itemIdentifier: messageId });
      }
    }
    return { batchItemFailures };
  };

const isQueue = (event: SQSEvent | Record<string, unknown>): event is SQSEvent => Array.isArray(event['Records']);

async function carryOut(work: RepublishWork, dependencies: RepublishDependencies): Promise<void> {
  const { log } = dependencies;
  const found = (finding: Finding) => tellOf(finding, log);
  switch (work.kind) {
    case 'batch':
      return republishBatch(work.key, dependencies);
    case 'repair': {
      const { next, looked } = await repairPiece(work, { ...dependencies, pieces: dependencies.again, found });
      if (next) await dependencies.again.sendAll([next]);
      log.info('looked through the book', { segment: work.segment, looked, ended: String(next === undefined) });
      return;
    }
    case 'enter':
      return enterPiece(work, dependencies);
    case 'proof': {
      const { reader: journal } = dependencies;
      const { proved } = await proveDay(work, { ...dependencies, journal, found });
      log.info('journal proved', { agencyCode: work.agencyCode, day: work.day, proved });
      return;
    }
    case 'work': {
      const { acts, work: list, reader: journal } = dependencies;
      const { next, proved } = await proveWorkPiece(work, { ...dependencies, work: list, log: acts, journal, found });
      if (next) await dependencies.again.sendAll([next]);
      log.info('work list proved', { agencyCode: work.agencyCode, proved, ended: String(next === undefined) });
      return;
    }
    case 'registry': {
      const { acts, registered } = dependencies;
      const { next, proved } = await proveRegistryPiece(work, {
        ...{ ...dependencies, registry: registered, log: acts, found },
      });
      if (next) await dependencies.again.sendAll([next]);
      log.info('registry proved', { proved, ended: String(next === undefined) });
    }
  }
}

/**
 * Publishes the records of a batch in their order. A poison one stops nothing behind it: its neighbours are published, and
 * the message stays, so that it is tried again and then wakes somebody.
 */
async function republishBatch(key: string, dependencies: RepublishDependencies): Promise<void> {
  const { log } = dependencies;
  let [published, failure]: [number, unknown] = [0, undefined];
  for (const changeOf of await dependencies.batches.read(key)) {
    try {
      const change = changeOf();
      if (change) await publishChange(change, dependencies);
      published += 1;
    } catch (error) {
      log.warn('record not republished', { batch: key, place: published, ...describeError(error) });
      failure ??= error;
    }
  }
  log.info('batch republished', { batch: key, published });
  if (failure) throw failure;
}

const SAYS: Partial<Record<Finding['kind'], string>> = {
  missing: 'movement was not in the journal and is entered',
  noWorkItem: 'nobody had to decide about it, and has now',
};

/** An ERROR line wakes somebody: also what could be entered was missing, and nobody mends the books silently. */
function tellOf({ kind, key, movementId, detail }: Finding, log: Log): void {
  const said = {
    ...{ finding: kind, key },
    ...(movementId !== undefined && { movementId }),
    ...(detail !== undefined && { detail }),
  };
  log.error(SAYS[kind] ?? 'books contradict', said);
}
