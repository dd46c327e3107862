import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BATCH_PREFIX, BATCH_REPORT_PREFIX } from '../../shared/domain/batch/batch.ts';
import { resultKey } from '../../shared/domain/reconciliation/results.ts';
import { STATEMENT_PREFIX } from '../../shared/domain/reconciliation/statement.ts';
import { REPORT_PREFIX } from '../../shared/domain/reports/job.ts';
import { askedProviders } from '../../shared/providers/index.ts';
import { BALANCE_PREFIX } from '../../shared/store/balance-store.ts';
import { SEAL_PREFIX } from '../../shared/store/seal-store.ts';
import { listed, type PolicyProperties, questionsOf, type Step, Synthesized, stepsOf } from './synthesized.ts';

const files = 'thuphi-sandbox-files-<AWS::AccountId>';
const objects = (prefix: string) => `arn:<AWS::Partition>:s3:::${files}/${prefix}*`;
const secrets = (prefix: string) =>
  `arn:<AWS::Partition>:secretsmanager:ap-southeast-1:<AWS::AccountId>:secret:thuphi/sandbox/${prefix}*`;

const RESULT_PREFIX = resultKey('', '2026-11-22').replace(/\/.*/, '/');

const readSecret = ['secretsmanager:GetSecretValue'];
const storeSecret = ['secretsmanager:CreateSecret', 'secretsmanager:DescribeSecret', 'secretsmanager:PutSecretValue'];
const readRegistry = { '<RegistryTable.Arn>': ['dynamodb:GetItem', 'dynamodb:Query'] };
const readJournal = { '<JournalTable.Arn>': ['dynamodb:GetItem', 'dynamodb:Query'] };
/** What both functions that make reports read. */
const readForReports = {
  '<InvoicesTable.Arn>': ['dynamodb:BatchGetItem'],
  '<InvoicesTable.Arn>/index/by-agency-day': ['dynamodb:Query'],
  ...readJournal,
  '<WorkTable.Arn> in exception#*': ['dynamodb:Query'],
  '<WorkTable.Arn> in statement#*': ['dynamodb:GetItem'],
  '<WorkTable.Arn> in statement#log#*': ['dynamodb:Query'],
  '<AuditTable.Arn> in audit#*': ['dynamodb:Query'],
  '<WorkTable.Arn> in remittance#*': ['dynamodb:GetItem'],
  '<WorkTable.Arn> in book#*': ['dynamodb:Query'],
  '<WorkTable.Arn> in delivery#*': ['dynamodb:Query'],
  ...readRegistry,
  '<FilesBucket.Arn>': ['s3:ListBucket'],
  [objects(RESULT_PREFIX)]: ['s3:GetObject'],
  [objects(BALANCE_PREFIX)]: ['s3:GetObject'],
};
const takeOut = ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
const putBack = ['sqs:GetQueueAttributes', 'sqs:SendMessage'];
const settle = { '<WorkTable.Arn> in feed#*': ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'] };
const batches = 'arn:<AWS::Partition>:s3:::thuphi-sandbox-failed-batches-<AWS::AccountId>/aws/lambda/*';
const seals = `arn:<AWS::Partition>:s3:::thuphi-sandbox-seals-<AWS::AccountId>/${SEAL_PREFIX}*`;
/** The same on each provider's queue of questions. */
const onQuestions = (actions: string[]) =>
  Object.fromEntries(askedProviders('sandbox', []).map((id) => [`<${questionsOf(id)}.Arn>`, actions]));
/** Which providers do not answer. */
const noteSilence = { '<RegistryTable.Arn> in provider-silence': ['dynamodb:PutItem', 'dynamodb:Query'] };
const consume = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:ReceiveMessage',
];

/** The books of the logbook: no proposal, and no sealed secret in it. */
const LOGS = 'audit#*, reads#*, callback#*';

/** All that each step may do, beside writing its own log. What is not here is refused. */
const permitted: Record<Step, Record<string, string[]>> = {
  'api-docs': {},
  'portal-api': {
    ...noteSilence,
    '<InvoicesTable.Arn>': ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    '<InvoicesTable.Arn>/index/by-agency-day': ['dynamodb:Query'],
    '<DossiersTable.Arn>': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    ...readRegistry,
    '<WorkTable.Arn> in due#*': ['dynamodb:PutItem'],
    '<WorkTable.Arn> in basket#*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    '<FilesBucket.Arn>': ['s3:ListBucket'],
    [objects(RESULT_PREFIX)]: ['s3:GetObject'],
    [objects('catalogue/')]: ['s3:GetObject'],
    '<Secretskeyscursor>': readSecret,
    '<Secretskeysinvoicenumber>': readSecret,
    '<Secretskeysquote>': readSecret,
    [secrets('merchant/')]: readSecret,
  },
  'dialect-dvcqg': {
    ...noteSilence,
    '<InvoicesTable.Arn>': ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    '<DossiersTable.Arn>': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    ...readRegistry,
    '<WorkTable.Arn> in due#*': ['dynamodb:PutItem'],
    '<FilesBucket.Arn>': ['s3:ListBucket'],
    [objects('catalogue/')]: ['s3:GetObject'],
    '<ReceiptsTable.Arn>': ['dynamodb:Query'],
    '<Secretskeysinvoicenumber>': readSecret,
    '<Secretskeysquote>': readSecret,
    '<Secretskeysreceiptlink>': readSecret,
    [secrets('merchant/')]: readSecret,
    [secrets('dialect/')]: readSecret,
  },
  'counter-api': {
    '<InvoicesTable.Arn>': ['dynamodb:ConditionCheckItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem'],
    ...readRegistry,
  },
  'keep-log': {
    '<AuditTable.Arn> in audit#*, audit-of#*, reads#*, reads-of#*, callback#*': ['dynamodb:PutItem'],
    '<KeepLogDeadLetters.Arn>': ['sqs:SendMessage'],
  },
  'logs-api': {
    [`<AuditTable.Arn> in ${LOGS}`]: ['dynamodb:Query'],
    [`<AuditTable.Arn>/index/by-subject in ${LOGS}`]: ['dynamodb:Query'],
    [`<AuditTable.Arn>/index/by-person in ${LOGS}`]: ['dynamodb:Query'],
    ...readRegistry,
  },
  'registry-api': {
    '<AuditTable.Arn> in audit#*': ['dynamodb:PutItem'],
    '<AuditTable.Arn> in proposal': ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    '<Secretskeysproposal>': readSecret,
    '<RegistryTable.Arn>': ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    '<RegistryTable.Arn> in payee#*': ['dynamodb:DeleteItem'],
    [secrets('merchant/')]: storeSecret,
    [secrets('dialect/')]: ['secretsmanager:CreateSecret', 'secretsmanager:PutSecretValue'],
    [secrets('webhook/')]: ['secretsmanager:CreateSecret', ...readSecret, 'secretsmanager:PutSecretValue'],
  },
  'issue-receipts': {
    '<IssueReceiptsOrdersQueue.Arn>': consume,
    '<InvoicesTable.Arn>': ['dynamodb:BatchGetItem'],
    '<ReceiptsTable.Arn>': [
      'dynamodb:BatchGetItem',
      'dynamodb:ConditionCheckItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ],
    ...readRegistry,
    '<FilesBucket.Arn>': ['s3:ListBucket'],
    [objects('catalogue/')]: ['s3:GetObject'],
    '<ReceiptKey.Arn>': ['kms:GetPublicKey', 'kms:Sign'],
    '<NotifyAgencyDeliveriesQueue.Arn>': ['sqs:SendMessage'],
  },
  'receipts-api': {
    '<InvoicesTable.Arn>': ['dynamodb:GetItem'],
    '<IssueReceiptsOrdersQueue.Arn>': ['sqs:SendMessage'],
    '<ReceiptsTable.Arn>': ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    ...readRegistry,
    '<Secretskeysreceiptlink>': readSecret,
  },
  'check-receipt': { '<ReceiptsTable.Arn>': ['dynamodb:GetItem'] },
  'batch-api': {
    '<WorkTable.Arn> in batch#*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    ...readRegistry,
    '<FilesBucket.Arn>': ['s3:ListBucket'],
    [objects(BATCH_PREFIX)]: ['s3:PutObject'],
    [objects(BATCH_REPORT_PREFIX)]: ['s3:GetObject'],
  },
  'catalogue-api': {
    ...readRegistry,
    '<RegistryTable.Arn> in catalogue, catalogue-head, catalogue-call': ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
    '<FilesBucket.Arn>': ['s3:ListBucket'],
    [objects('catalogue/')]: ['s3:GetObject', 's3:PutObject'],
  },
  'invoice-batch': {
    '<InvoiceBatchesQueue.Arn>': [...consume, 'sqs:SendMessage'],
    '<InvoicesTable.Arn>': ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    '<DossiersTable.Arn>': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    ...readRegistry,
    '<WorkTable.Arn> in batch#*': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    '<WorkTable.Arn> in due#*': ['dynamodb:PutItem'],
    '<FilesBucket.Arn>': ['s3:ListBucket'],
    [objects(BATCH_PREFIX)]: ['s3:GetObject', 's3:GetObjectVersion'],
    [objects('catalogue/')]: ['s3:GetObject'],
    [objects(BATCH_REPORT_PREFIX)]: ['s3:PutObject'],
    '<Secretskeysinvoicenumber>': readSecret,
    '<Secretskeysquote>': readSecret,
  },
  'finance-api': {
    '<InvoicesTable.Arn>': ['dynamodb:GetItem'],
    '<JournalTable.Arn>': ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    '<WorkTable.Arn> in statement#*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    '<WorkTable.Arn> in statement#log#*': ['dynamodb:Query'],
    '<WorkTable.Arn> in exception#*': ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    '<WorkTable.Arn> in decision#*': ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    '<WorkTable.Arn> in book#*': ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    ...readRegistry,
    '<FilesBucket.Arn>': ['s3:ListBucket'],
    [objects(STATEMENT_PREFIX)]: ['s3:PutObject'],
    [objects(RESULT_PREFIX)]: ['s3:GetObject'],
    [objects(BALANCE_PREFIX)]: ['s3:GetObject'],
    '<SettlementFilesQueue.Arn>': ['sqs:SendMessage'],
    '<Secretskeyscursor>': readSecret,
  },
  'reports-api': {
    ...readForReports,
    '<WorkTable.Arn> in report#*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    [objects(REPORT_PREFIX)]: ['s3:GetObject'],
    '<ReportOrdersQueue.Arn>': ['sqs:SendMessage'],
    '<WorkTable.Arn> in aggregate#*': ['dynamodb:GetItem', 'dynamodb:Query'],
  },
  'make-report': {
    ...readForReports,
    '<WorkTable.Arn> in report#*': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    [objects(REPORT_PREFIX)]: ['s3:AbortMultipartUpload', 's3:PutObject'],
    '<ReportOrdersQueue.Arn>': consume,
  },
  'events-api': {
    '<InvoicesTable.Arn>': ['dynamodb:BatchGetItem'],
    ...readJournal,
    ...readRegistry,
    '<WorkTable.Arn> in feed#*': ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    '<WorkTable.Arn> in replay#*': ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
    '<WorkTable.Arn> in endpoint#*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    '<NotifyAgencyDeliveriesQueue.Arn>': ['sqs:SendMessage'],
    '<Secretskeyscursor>': readSecret,
  },
  'operations-api': {
    '<PostPaymentInboxQueue.Arn>': putBack,
    '<PostPaymentInboxDeadLetters.Arn>': takeOut,
    '<NotifyAgencyDeliveriesQueue.Arn>': putBack,
    '<NotifyAgencyDeliveriesDeadLetters.Arn>': takeOut,
    ...onQuestions(putBack),
    '<AskProviderQuestionsDeadLetters.Arn>': takeOut,
    '<RefundsOrdersQueue.Arn>': putBack,
    '<RefundsOrdersDeadLetters.Arn>': takeOut,
    '<IssueReceiptsOrdersQueue.Arn>': putBack,
    '<IssueReceiptsOrdersDeadLetters.Arn>': takeOut,
    '<SettlementFilesQueue.Arn>': putBack,
    '<SettlementFilesDeadLetters.Arn>': takeOut,
    '<InvoiceBatchesQueue.Arn>': putBack,
    '<InvoiceBatchesDeadLetters.Arn>': takeOut,
    '<ReportOrdersQueue.Arn>': putBack,
    '<ReportOrdersDeadLetters.Arn>': takeOut,
    '<FailedBatchesRepublishQueue.Arn>': putBack,
    '<FailedBatchesRepublishDeadLetters.Arn>': takeOut,
    '<SweepDeadLetters.Arn>': takeOut,
    '<ReplayEventsDeadLetters.Arn>': takeOut,
    '<SealLedgerDeadLetters.Arn>': takeOut,
    '<WatchFilesDeadLetters.Arn>': takeOut,
    '<FollowRemittancesDeadLetters.Arn>': takeOut,
    '<TellAggregatesDeadLetters.Arn>': takeOut,
    ...readRegistry,
    '<WorkTable.Arn> in call#*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    '<WorkTable.Arn> in endpoint#*': ['dynamodb:Query'],
  },
  'provider-callback': {
    '<InvoicesTable.Arn>': ['dynamodb:GetItem'],
    ...readRegistry,
    [secrets('merchant/')]: readSecret,
    '<PostPaymentInboxQueue.Arn>': ['sqs:SendMessage'],
  },
  'ask-provider': {
    ...onQuestions([...consume, 'sqs:SendMessage'].sort()),
    '<PostPaymentInboxQueue.Arn>': ['sqs:SendMessage'],
    '<InvoicesTable.Arn>': ['dynamodb:BatchGetItem'],
    '<WorkTable.Arn> in due#*': ['dynamodb:PutItem'],
    '<WorkTable.Arn> in exception#*': ['dynamodb:PutItem'],
    [secrets('merchant/')]: readSecret,
    ...noteSilence,
  },
  'refunds-api': {
    '<InvoicesTable.Arn>': ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem'],
    ...readRegistry,
    '<WorkTable.Arn> in refund#of#*': ['dynamodb:Query'],
    '<WorkTable.Arn> in remittance#*': ['dynamodb:GetItem'],
    '<FilesBucket.Arn>': ['s3:ListBucket'],
    [objects('remittances/')]: ['s3:GetObject'],
    '<Secretskeyscursor>': readSecret,
  },
  'remittances-api': {
    '<InvoicesTable.Arn>': ['dynamodb:BatchGetItem'],
    '<JournalTable.Arn>': ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    '<WorkTable.Arn> in remittance#*': ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    '<WorkTable.Arn> in book#*': ['dynamodb:GetItem', 'dynamodb:Query'],
    ...readRegistry,
    '<FilesBucket.Arn>': ['s3:ListBucket'],
    [objects(RESULT_PREFIX)]: ['s3:GetObject'],
    [objects('remittances/')]: ['s3:GetObject', 's3:PutObject'],
    '<Secretskeyscursor>': readSecret,
  },
  'follow-remittances': {
    '<JournalTable.Arn>': ['dynamodb:PutItem'],
    '<WorkTable.Arn> in remittance#*': ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    '<WorkTable.Arn> in book#*': ['dynamodb:GetItem', 'dynamodb:Query'],
    '<FollowRemittancesDeadLetters.Arn>': ['sqs:SendMessage'],
    ...readRegistry,
    '<FilesBucket.Arn>': ['s3:ListBucket'],
    [objects(RESULT_PREFIX)]: ['s3:GetObject'],
    [objects('remittances/')]: ['s3:GetObject', 's3:PutObject'],
  },
  'trace-api': {
    '<InvoicesTable.Arn>': ['dynamodb:GetItem'],
    '<ReceiptsTable.Arn>': ['dynamodb:GetItem', 'dynamodb:Query'],
    '<WorkTable.Arn> in told#*': ['dynamodb:Query'],
    '<WorkTable.Arn> in remittance#*': ['dynamodb:GetItem'],
    ...readRegistry,
    '<FilesBucket.Arn>': ['s3:ListBucket'],
    [objects(RESULT_PREFIX)]: ['s3:GetObject'],
    [objects('remittances/')]: ['s3:GetObject'],
  },
  'send-refund': {
    '<RefundsOrdersQueue.Arn>': [...consume, 'sqs:SendMessage'].sort(),
    '<InvoicesTable.Arn>': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    ...noteSilence,
    [secrets('merchant/')]: readSecret,
  },
  'sandbox-bank': {
    '<Secretssandboxbankkey>': readSecret,
    '<WorkTable.Arn> in sandbox#*': ['dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
  },
  'post-payment': {
    '<PostPaymentInboxQueue.Arn>': consume,
    '<InvoicesTable.Arn>': [
      'dynamodb:ConditionCheckItem',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
    ],
  },
  'publish-events': {
    '<InvoicesTable.StreamArn>': [
      'dynamodb:DescribeStream',
      'dynamodb:GetRecords',
      'dynamodb:GetShardIterator',
      'dynamodb:ListStreams',
    ],
    '<JournalTable.Arn>': ['dynamodb:PutItem'],
    '<WorkTable.Arn> in exception#*': ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
    ...settle,
    ...readRegistry,
    '<FailedBatchesBucket.Arn>': ['s3:ListBucket'],
    [batches]: ['s3:PutObject'],
    '<NotifyAgencyDeliveriesQueue.Arn>': ['sqs:SendMessage'],
    '<WorkTable.Arn> in refund#*': ['dynamodb:PutItem'],
    '<RefundsOrdersQueue.Arn>': ['sqs:SendMessage'],
    ...onQuestions(['sqs:SendMessage']),
    '<IssueReceiptsOrdersQueue.Arn>': ['sqs:SendMessage'],
  },
  'notify-agency': {
    '<NotifyAgencyDeliveriesQueue.Arn>': consume,
    ...readRegistry,
    '<WorkTable.Arn> in endpoint#*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    '<WorkTable.Arn> in missed#*': ['dynamodb:BatchWriteItem', 'dynamodb:PutItem'],
    '<WorkTable.Arn> in feed#late#*': ['dynamodb:Query'],
    '<WorkTable.Arn> in told#*': ['dynamodb:UpdateItem'],
    [secrets('webhook/')]: readSecret,
    [secrets('dialect/')]: readSecret,
  },
  'replay-events': {
    ...readJournal,
    ...readRegistry,
    [secrets('webhook/')]: readSecret,
    '<WorkTable.Arn> in feed#*': ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    '<WorkTable.Arn> in endpoint#*': ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    '<WorkTable.Arn> in missed#*': ['dynamodb:BatchWriteItem', 'dynamodb:Query'],
    '<WorkTable.Arn> in replay#*': ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    '<WorkTable.Arn> in exception#*': ['dynamodb:PutItem'],
    '<WorkTable.Arn> in told#*': ['dynamodb:UpdateItem'],
    '<NotifyAgencyDeliveriesQueue.Arn>': ['sqs:SendMessage'],
    '<ReplayEventsDeadLetters.Arn>': ['sqs:SendMessage'],
  },
  republish: {
    '<FailedBatchesRepublishQueue.Arn>': [...consume, 'sqs:SendMessage'],
    '<FailedBatchesBucket.Arn>': ['s3:ListBucket'],
    [batches]: ['s3:GetObject'],
    '<InvoicesTable.Arn>': ['dynamodb:BatchGetItem', 'dynamodb:Scan'],
    '<JournalTable.Arn>': ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    '<WorkTable.Arn> in decision#*': ['dynamodb:Query'],
    '<WorkTable.Arn> in due#*': ['dynamodb:PutItem'],
    '<WorkTable.Arn> in exception#*': [
      'dynamodb:BatchGetItem',
      'dynamodb:PutItem',
      'dynamodb:Query',
      'dynamodb:UpdateItem',
    ],
    '<AuditTable.Arn>/index/by-subject in audit#*': ['dynamodb:Query'],
    '<AuditTable.Arn>/index/by-person in audit#*': ['dynamodb:Query'],
    '<WorkTable.Arn> in remittance#*': ['dynamodb:GetItem'],
    ...settle,
    '<RegistryTable.Arn>': ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'],
    '<NotifyAgencyDeliveriesQueue.Arn>': ['sqs:SendMessage'],
    '<IssueReceiptsOrdersQueue.Arn>': ['sqs:SendMessage'],
    '<RepublishDeadLetters.Arn>': ['sqs:SendMessage'],
  },
  reconcile: {
    '<SettlementFilesQueue.Arn>': consume,
    '<FilesBucket.Arn>': ['s3:ListBucket'],
    [objects(STATEMENT_PREFIX)]: ['s3:GetObject', 's3:GetObjectVersion'],
    [objects(RESULT_PREFIX)]: ['s3:GetObject', 's3:PutObject'],
    '<InvoicesTable.Arn>': ['dynamodb:BatchGetItem'],
    ...readJournal,
    '<WorkTable.Arn> in statement#*': ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
    '<WorkTable.Arn> in claim#*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    '<WorkTable.Arn> in exception#*': ['dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    '<WorkTable.Arn> in book#*': ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    '<WorkTable.Arn> in decision#*': ['dynamodb:Query'],
    '<WorkTable.Arn> in delivery#open': ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    '<WorkTable.Arn> in remittance#*': ['dynamodb:Query'],
    ...readRegistry,
  },
  'watch-files': {
    '<WorkTable.Arn> in statement#*': ['dynamodb:GetItem'],
    '<WorkTable.Arn> in exception#*': ['dynamodb:PutItem', 'dynamodb:UpdateItem'],
    '<WorkTable.Arn> in book#*': ['dynamodb:Query'],
    '<WorkTable.Arn> in delivery#expected': ['dynamodb:PutItem', 'dynamodb:Query'],
    '<WorkTable.Arn> in delivery#open': ['dynamodb:DeleteItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    '<WatchFilesDeadLetters.Arn>': ['sqs:SendMessage'],
    ...readRegistry,
  },
  'tell-aggregates': {
    ...readJournal,
    '<InvoicesTable.Arn>': ['dynamodb:BatchGetItem'],
    '<InvoicesTable.Arn>/index/by-agency-day': ['dynamodb:Query'],
    ...readRegistry,
    '<WorkTable.Arn> in feed#*': ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    '<WorkTable.Arn> in aggregate#*': ['dynamodb:BatchGetItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
    '<TellAggregatesDeadLetters.Arn>': ['sqs:SendMessage'],
  },
  'seal-ledger': {
    '<JournalTable.Arn>': ['dynamodb:BatchGetItem', 'dynamodb:Query'],
    ...readRegistry,
    '<WorkTable.Arn> in seal#*': ['dynamodb:GetItem', 'dynamodb:PutItem'],
    '<SealsBucket.Arn>': ['s3:ListBucket'],
    [seals]: ['s3:GetObject', 's3:PutObject'],
    '<FilesBucket.Arn>': ['s3:ListBucket'],
    [objects(BALANCE_PREFIX)]: ['s3:GetObject', 's3:PutObject'],
    '<SealLedgerDeadLetters.Arn>': ['sqs:SendMessage'],
  },
  sweep: {
    '<InvoicesTable.Arn>': ['dynamodb:BatchGetItem', 'dynamodb:UpdateItem'],
    '<InvoicesTable.Arn>/index/by-agency-day': ['dynamodb:Query'],
    ...readRegistry,
    '<WorkTable.Arn> in due#*': ['dynamodb:BatchWriteItem', 'dynamodb:GetItem', 'dynamodb:Query'],
    '<WorkTable.Arn> in exception#*': ['dynamodb:PutItem'],
    '<WorkTable.Arn> in refund#open#*': ['dynamodb:BatchWriteItem', 'dynamodb:Query'],
    '<RefundsOrdersQueue.Arn>': ['sqs:SendMessage'],
    ...onQuestions(['sqs:SendMessage']),
    '<SweepDeadLetters.Arn>': ['sqs:SendMessage'],
  },
};

/** Which table each store keeps its items in. */
const keptBy = {
  'audit-store.ts': 'AuditTable',
  'log-entries.ts': 'AuditTable',
  'basket-store.ts': 'WorkTable',
  'batch-store.ts': 'WorkTable',
  'beneficiary-store.ts': 'RegistryTable',
  'book-pages.ts': 'InvoicesTable',
  'call-store.ts': 'WorkTable',
  'catalogue-store.ts': 'RegistryTable',
  'dossier-store.ts': 'DossiersTable',
  'due-days.ts': 'WorkTable',
  'endpoint-store.ts': 'WorkTable',
  'feed-store.ts': 'WorkTable',
  'invoice-store.ts': 'InvoicesTable',
  'journal-reader.ts': 'JournalTable',
  'journal-scanner.ts': 'JournalTable',
  'journal-store.ts': 'JournalTable',
  'refund-list-store.ts': 'WorkTable',
  'provider-state-store.ts': 'RegistryTable',
  'receipt-store.ts': 'ReceiptsTable',
  'registry-store.ts': 'RegistryTable',
  'replay-store.ts': 'WorkTable',
  'sandbox-books.ts': 'WorkTable',
  'seal-store.ts': 'WorkTable',
  'watch-store.ts': 'WorkTable',
  'work-store.ts': 'WorkTable',
} as const;

/** The permission that each way to speak to a table needs; a transaction needs those of its parts. */
const needed: Record<string, string> = {
  'GetCommand(': 'dynamodb:GetItem',
  'BatchGetCommand(': 'dynamodb:BatchGetItem',
  'QueryCommand(': 'dynamodb:Query',
  'ScanCommand(': 'dynamodb:Scan',
  'PutCommand(': 'dynamodb:PutItem',
  'UpdateCommand(': 'dynamodb:UpdateItem',
  'DeleteCommand(': 'dynamodb:DeleteItem',
  'BatchWriteCommand(': 'dynamodb:BatchWriteItem',
  'Put: {': 'dynamodb:PutItem',
  'Update: {': 'dynamodb:UpdateItem',
  'Delete: {': 'dynamodb:DeleteItem',
  'ConditionCheck: {': 'dynamodb:ConditionCheckItem',
};

describe('permissions', () => {
  const sandbox = new Synthesized('sandbox');

  it.each(stepsOf('sandbox'))('%s may do what its step needs, and nothing else', (step) => {
    const { [ownLog(sandbox, step)]: logging, ...others } = sandbox.permissions(step);
    expect(logging).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
    expect(others).toEqual(permitted[step]);
  });

  // A table on one machine lets everybody do everything: what a store does and no role may, would fail in AWS only.
  it.each(Object.entries(keptBy))('%s does nothing to %s that no role may', (file, table) => {
    const source = readFileSync(path.join(import.meta.dirname, '../../shared/store', file), 'utf8');
    const used = Object.entries(needed).filter(([call]) => new RegExp(`\\b${call.replace('(', '\\(')}`).test(source));
    const granted = stepsOf('sandbox').flatMap((step) =>
      Object.entries(sandbox.permissions(step))
        .filter(([resource]) => resource.startsWith(`<${table}.`))
        .flatMap(([, actions]) => actions),
    );
    expect(used.length).toBeGreaterThan(0);
    expect(granted).toEqual(expect.arrayContaining(used.map(([, action]) => action)));
  });

  describe.each(['sandbox', 'production'] as const)('in %s', (stage) => {
    const stacks = new Synthesized(stage);
    const actionsOn = (step: Step, resource: string) => stacks.permissions(step)[resource] ?? [];

    // A put could replace an entry; that its key must be free is the store's own condition, and its own tests'.
    it('nobody may update or delete in the journal; only five steps may put: publish-events, republish, finance-api for corrections, and two that pay on', () => {
      const putting = ['publish-events', 'republish', 'finance-api', 'remittances-api', 'follow-remittances'];
      for (const step of stepsOf(stage)) {
        const writing = actionsOn(step, '<JournalTable.Arn>').filter((action) => !/:(Get|Query|BatchGet)/.test(action));
        expect(writing).toEqual(putting.includes(step) ? ['dynamodb:PutItem'] : []);
      }
    });

    it('the log of who did what is added to and read, and nothing else', () => {
      const onLog = stepsOf(stage).flatMap((step) =>
        Object.entries(stacks.permissions(step)).filter(([resource]) => resource.startsWith('<AuditTable.Arn>')),
      );
      expect(onLog.filter(([resource]) => !resource.endsWith('in proposal')).flatMap(([, actions]) => actions)).toEqual(
        expect.not.arrayContaining(['dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:BatchWriteItem']),
      );
    });

    it('only issue-receipts numbers receipts or signs, and nobody deletes one', () => {
      const writing = (resource: string, reading: RegExp) =>
        stepsOf(stage).filter((step) => actionsOn(step, resource).some((action) => !reading.test(action)));
      expect(writing('<ReceiptsTable.Arn>', /:(Get|Query|Update)/)).toEqual(['issue-receipts']);
      // What a receipt says of its payer is corrected by two persons.
      expect(writing('<ReceiptsTable.Arn>', /:(Get|Query)/)).toEqual(['issue-receipts', 'receipts-api']);
      expect(writing('<ReceiptKey.Arn>', /^$/)).toEqual(['issue-receipts']);
      expect(actionsOn('issue-receipts', '<ReceiptsTable.Arn>')).not.toContain('dynamodb:DeleteItem');
    });

    it('only what a provider said can be put into the inbox: by its callback, when asked, or back by operators', () => {
      const inbox = '<PostPaymentInboxQueue.Arn>';
      const senders = stepsOf(stage).filter((step) => actionsOn(step, inbox).includes('sqs:SendMessage'));
      expect(senders).toEqual(['ask-provider', 'operations-api', 'provider-callback']);
    });

    it('who stores secrets of merchant accounts cannot read them', () => {
      const readable = Object.entries(stacks.permissions('registry-api')).filter(([, actions]) =>
        actions.includes('secretsmanager:GetSecretValue'),
      );
      expect(readable.map(([resource]) => resource.split('/').at(-2) ?? resource)).toEqual([
        '<Secretskeysproposal>',
        'webhook',
      ]);
    });

    it('only seal-ledger adds seals, and nobody deletes one or shortens its lock', () => {
      const onSeals = stepsOf(stage).flatMap((step) =>
        Object.entries(stacks.permissions(step))
          .filter(([resource]) => /seals-|SealsBucket/.test(resource))
          .map(([, actions]) => [step, ...actions]),
      );
      expect(onSeals.sort()).toEqual([
        ['seal-ledger', 's3:GetObject', 's3:PutObject'],
        ['seal-ledger', 's3:ListBucket'],
      ]);
    });

    it('nobody deletes a record: of the registry only look-ups to it, of the work only what is done with', () => {
      const deleting = stepsOf(stage).flatMap((step) =>
        Object.entries(stacks.permissions(step))
          .filter(([, actions]) => actions.some((action) => /dynamodb:(Delete|BatchWrite)Item/.test(action)))
          .map(([resource]) => resource),
      );
      const open = ['decision#*', 'delivery#open', 'due#*', 'endpoint#*', 'missed#*', 'refund#open#*', 'replay#*'];
      const done = open.map((kind) => `<WorkTable.Arn> in ${kind}`);
      expect([...new Set(deleting)].sort()).toEqual(['<RegistryTable.Arn> in payee#*', ...done]);
    });

    it('whoever touches the work touches its own kind of work', () => {
      const unlimited = stepsOf(stage).filter((step) => actionsOn(step, '<WorkTable.Arn>').length > 0);
      expect(unlimited).toEqual([]);
    });

    it('a key of the service is read by those who use it', () => {
      const readers = (key: string) =>
        stepsOf(stage).filter((step) => actionsOn(step, `<Secretskeys${key}>`).length > 0);
      expect(readers('quote')).toEqual(['dialect-dvcqg', 'invoice-batch', 'portal-api']);
      expect(readers('invoicenumber')).toEqual(['dialect-dvcqg', 'invoice-batch', 'portal-api']);
      expect(readers('proposal')).toEqual(['registry-api']);
      expect(readers('cursor')).toEqual(['events-api', 'finance-api', 'portal-api', 'refunds-api', 'remittances-api']);
    });

    it('only republish takes failed batches, and nobody what it could not publish but operators', () => {
      const takers = (queue: string) =>
        stepsOf(stage).filter((step) => actionsOn(step, queue).includes('sqs:ReceiveMessage'));
      expect(takers('<FailedBatchesRepublishQueue.Arn>')).toEqual(['republish']);
      expect(takers('<FailedBatchesRepublishDeadLetters.Arn>')).toEqual(['operations-api']);
    });

    it('only republish looks through the whole book', () => {
      const scanning = stepsOf(stage).filter((step) =>
        actionsOn(step, '<InvoicesTable.Arn>').includes('dynamodb:Scan'),
      );
      expect(scanning).toEqual(['republish']);
    });

    it('no role has a policy made by AWS', () => {
      for (const { properties } of stacks.all<{ ManagedPolicyArns?: unknown }>('AWS::IAM::Role'))
        expect(properties.ManagedPolicyArns).toBeUndefined();
    });

    it('no action has a wildcard, and no resource is everything', () => {
      for (const { properties } of stacks.all<PolicyProperties>('AWS::IAM::Policy')) {
        for (const { Effect, Action, Resource } of properties.PolicyDocument.Statement) {
          expect(Effect).toBe('Allow');
          expect(listed(Action).filter((action) => action.includes('*'))).toEqual([]);
          expect(listed(Resource)).not.toContain('*');
        }
      }
    });

    it('queues, buckets and the topic refuse whoever comes without TLS', () => {
      type Owned = { PolicyDocument: { Statement: { Effect: string; Condition?: unknown }[] } };
      const policies = ['AWS::SQS::QueuePolicy', 'AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy'].flatMap((type) =>
        stacks.all<Owned>(type),
      );
      const owners = ['AWS::SQS::Queue', 'AWS::S3::Bucket', 'AWS::SNS::Topic'].flatMap((type) => stacks.all(type));
      expect(policies.length).toBe(owners.length);
      for (const { properties } of policies) {
        const plainText = { Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } };
        expect(properties.PolicyDocument.Statement).toContainEqual(expect.objectContaining(plainText));
      }
    });
  });
});

const ownLog = (stacks: Synthesized, step: Step): string =>
  stacks.plain(stacks.function(step).properties.LoggingConfig?.LogGroup).replace('>', '.Arn>');
