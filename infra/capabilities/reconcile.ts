import { Construct } from 'constructs';
import type { ReconcileEnvironment } from '../../shared/runtime/environment.ts';
import { ServiceFunction } from '../constructs/service-function.ts';
import type { Setting } from '../constructs/setting.ts';
import { type DataStack, matchingTimeout } from '../stacks/data.ts';

/** Files of providers, banks and treasury in; results and exceptions out. */
export class Reconcile extends Construct {
  constructor(scope: Construct, id: string, { setting, data }: { setting: Setting; data: DataStack }) {
    super(scope, id);
    const { settings, alarms } = setting;
    const { invoices, journal, work, registry, files, settlementFiles } = data;
    const impact = 'A partner’s file is not matched: finance staff cannot prove that its money arrived.';

    const reconcile = new ServiceFunction<ReconcileEnvironment>(this, 'Reconcile', {
      setting,
      entry: 'reconcile',
      impact,
      timeout: matchingTimeout,
      memory: settings.memory.reconcile,
      // Whoever reads a file of gigabytes makes much garbage and keeps nothing: a small nursery holds less of it.
      nodeOptions: '--max-semi-space-size=4',
      environment: {
        STAGE: settings.stage,
        INVOICES_TABLE: invoices.table.tableName,
        JOURNAL_TABLE: journal.table.tableName,
        WORK_TABLE: work.table.tableName,
        REGISTRY_TABLE: registry.table.tableName,
        FILES_BUCKET: files.bucket.bucketName,
      },
    });
    // One file a call: it may take the whole time-out and most of the memory.
    reconcile.consume(settlementFiles.queue, { concurrency: settings.concurrency.reconcile, batch: 1 });
    settlementFiles.watch(this, alarms, { impact, patience: matchingTimeout.plus(matchingTimeout) });
    files.grantReadStatements(reconcile);
    files.grantWriteResults(reconcile);
    journal.grantRead(reconcile);
    // A line may name an invoice that was to be paid to another account.
    invoices.grantReadMany(reconcile);
    work.grantReadStatement(reconcile);
    work.grantMoveStatement(reconcile);
    work.grantClaim(reconcile);
    work.grantOpenException(reconcile);
    work.grantClearException(reconcile);
    work.grantListExceptions(reconcile);
    work.grantKeepBooks(reconcile);
    work.grantSettleDeliveries(reconcile);
    work.grantListRemittances(reconcile);
    files.grantReadResults(reconcile);
    registry.grantRead(reconcile);
  }
}
