import { CfnOutput, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';
import { AccessLogsBucket, FailedBatchesBucket, FilesBucket, SealsBucket } from '../constructs/buckets.ts';
import { Identity } from '../constructs/identity.ts';
import { ReceiptKey } from '../constructs/receipt-key.ts';
import { Secrets } from '../constructs/secrets.ts';
import {
  AuditTable,
  DossiersTable,
  InvoicesTable,
  JournalTable,
  ReceiptsTable,
  RegistryTable,
  WorkTable,
} from '../constructs/tables.ts';
import { WorkQueue } from '../constructs/work-queue.ts';

/** The longest that Lambda gives to one call; a file of millions of lines may need minutes. */
export const matchingTimeout = Duration.minutes(15);

/** A run of a batch goes on in another one when its time is up, so it need not be the longest. */
export const batchTimeout = Duration.minutes(5);

/** The longest that Lambda gives to one call: a report of a year is read day by day. */
export const reportTimeout = Duration.minutes(15);

/** What must survive: the ledger and what it rests on, files, keys, and who may call. */
export class DataStack extends Stack {
  readonly invoices: InvoicesTable;
  readonly dossiers: DossiersTable;
  readonly journal: JournalTable;
  readonly registry: RegistryTable;
  readonly work: WorkTable;
  readonly receipts: ReceiptsTable;
  readonly audit: AuditTable;
  readonly receiptKey: ReceiptKey;
  readonly files: FilesBucket;
  readonly failedBatches: FailedBatchesBucket;
  readonly seals: SealsBucket;
  readonly settlementFiles: WorkQueue;
  readonly invoiceBatches: WorkQueue;
  readonly reportOrders: WorkQueue;
  readonly secrets: Secrets;
  readonly identity: Identity;

  constructor(scope: Construct, id: string, { settings, ...props }: StackProps & { settings: StageSettings }) {
    super(scope, id, props);

    this.invoices = new InvoicesTable(this, 'Invoices', settings);
    this.dossiers = new DossiersTable(this, 'Dossiers', settings);
    this.journal = new JournalTable(this, 'Journal', settings);
    this.registry = new RegistryTable(this, 'Registry', settings);
    this.work = new WorkTable(this, 'Work', settings);
    this.receipts = new ReceiptsTable(this, 'Receipts', settings);
    this.audit = new AuditTable(this, 'Audit', settings);
    this.receiptKey = new ReceiptKey(this, 'ReceiptKey', settings);

    const accessLogs = new AccessLogsBucket(this, 'AccessLogs', settings);
    this.files = new FilesBucket(this, 'Files', settings, accessLogs);
    this.failedBatches = new FailedBatchesBucket(this, 'FailedBatches', settings, accessLogs);
    this.seals = new SealsBucket(this, 'Seals', settings, accessLogs);
    this.settlementFiles = new WorkQueue(this, 'SettlementFiles', {
      timeout: matchingTimeout,
      keep: settings.deletionProtection,
    });
    this.files.announceStatements(this.settlementFiles.queue);
    this.invoiceBatches = new WorkQueue(this, 'InvoiceBatches', {
      timeout: batchTimeout,
      keep: settings.deletionProtection,
    });
    this.files.announceBatches(this.invoiceBatches.queue);

    this.reportOrders = new WorkQueue(this, 'ReportOrders', {
      timeout: reportTimeout,
      keep: settings.deletionProtection,
    });

    this.secrets = new Secrets(this, 'Secrets', settings);
    this.identity = new Identity(this, 'Identity', settings);

    const { tokenEndpoint, userPoolId, operatorClientId } = this.identity;
    new CfnOutput(this, 'TokenEndpoint', { value: tokenEndpoint, description: 'Where clients get their tokens.' });
    new CfnOutput(this, 'UserPoolId', { value: userPoolId, description: 'Where an operator makes app clients.' });
    new CfnOutput(this, 'OperatorClientId', {
      value: operatorClientId,
      description: "The operator's app client; Cognito shows its secret to whoever may describe it.",
    });
  }
}
