import { RemovalPolicy } from 'aws-cdk-lib';
import {
  type Attribute,
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';
import { allow, allowIf } from './permission.ts';

/** Indexes of the logbook, as `shared/store/log-entries.ts` names them. */
const BY_SUBJECT = 'by-subject';
const BY_PERSON = 'by-person';

type Shape = { partitionKey: Attribute; sortKey?: Attribute; stream?: StreamViewType; timeToLiveAttribute?: string };

const text = (name: string): Attribute => ({ name, type: AttributeType.STRING });
const number = (name: string): Attribute => ({ name, type: AttributeType.NUMBER });

/**
 * On demand, so that a storm before a deadline needs no planning; restorable to any second of 35 days. The key is AWS's
 * for this account: its use is in CloudTrail, and nobody can delete it and the ledger with it. Tables cache it, so
 * that a request costs no call of KMS.
 */
const protectedTable = (scope: Construct, settings: StageSettings, shape: Shape): Table =>
  new Table(scope, 'Table', {
    ...shape,
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.AWS_MANAGED,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: settings.deletionProtection,
    removalPolicy: settings.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });

/** Only items whose partition key is like one of these. */
const inPartitions = (...patterns: string[]) => ({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns } });

/** Invoices with their attempts and movements. Its stream is the outbox. */
export class InvoicesTable extends Construct {
  readonly table: Table;
  static readonly byAgencyDay = 'by-agency-day';

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    this.table = protectedTable(this, settings, {
      partitionKey: text('k'),
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    // Keys only: the state is neither key nor projected, so that a payment writes nothing here.
    this.table.addGlobalSecondaryIndex({
      indexName: InvoicesTable.byAgencyDay,
      partitionKey: text('g'),
      sortKey: number('c'),
      projectionType: ProjectionType.KEYS_ONLY,
    });
  }

  /** A single invoice. */
  grantRead(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:GetItem'], this.table.tableArn);
  }

  /** A page of invoices by their keys. */
  grantReadMany(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:BatchGetItem'], this.table.tableArn);
  }

  /** The invoices of an agency on a day. */
  grantList(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:Query'], `${this.table.tableArn}/index/${InvoicesTable.byAgencyDay}`);
  }

  /** A new invoice, under the condition that its number is free. */
  grantCreate(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:PutItem'], this.table.tableArn);
  }

  /** One more attempt to pay. */
  grantAppendAttempt(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:UpdateItem'], this.table.tableArn);
  }

  grantCancel(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:UpdateItem'], this.table.tableArn);
  }

  grantExpire(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:UpdateItem'], this.table.tableArn);
  }

  /** A movement on its invoice, or money that belongs to none as an item of its own. */
  grantPost(grantee: IGrantable): void {
    // The check goes over two items where an invoice is full: the money must not stand in both.
    allow(
      grantee,
      ['dynamodb:UpdateItem', 'dynamodb:PutItem', 'dynamodb:ConditionCheckItem', 'dynamodb:GetItem'],
      this.table.tableArn,
    );
  }

  /** A payment at the desk on its invoice, and what people decide about it. Never an item of its own. */
  grantTakeAtDesk(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:GetItem', 'dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem'], this.table.tableArn);
  }

  /** A refund on its invoice: asked for, decided, given back. Never an item of its own. */
  grantDecideRefunds(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:GetItem', 'dynamodb:UpdateItem'], this.table.tableArn);
  }

  /** All of them, page by page: to prove that each movement is in the journal. */
  grantScan(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:Scan'], this.table.tableArn);
  }

  /** What changed, in order. The outbox's one reader. */
  grantFollow(grantee: IGrantable): void {
    const stream = this.streamArn;
    allow(
      grantee,
      ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
      stream,
    );
  }

  get streamArn(): string {
    if (!this.table.tableStreamArn) throw new Error('the invoices have no stream');
    return this.table.tableStreamArn;
  }
}

/** Which open invoice a dossier's procedure has: the claim that refuses a second one. */
export class DossiersTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    this.table = protectedTable(this, settings, { partitionKey: text('k') });
  }

  grantRead(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:GetItem'], this.table.tableArn);
  }

  /** Takes a dossier for an invoice, under the condition that no open one has it, or gives it back. */
  grantClaim(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:UpdateItem'], this.table.tableArn);
  }
}

/**
 * The ledger. Whoever writes may put, and neither update nor delete. A put could still replace an entry, and no condition
 * of a policy can forbid that: the condition of the store's own write does (`attribute_not_exists`).
 */
export class JournalTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    this.table = protectedTable(this, settings, { partitionKey: text('p'), sortKey: text('s') });
  }

  /** Puts, under the store's condition that the key is free. */
  grantAppend(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:PutItem'], this.table.tableArn);
  }

  grantRead(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:GetItem', 'dynamodb:Query'], this.table.tableArn);
  }

  /** What stands between two instants, and what stands under keys that were sealed. */
  grantProve(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:BatchGetItem', 'dynamodb:Query'], this.table.tableArn);
  }
}

/**
 * The logbook: who did what, who was shown what, what providers sent. Entries are only ever added; found by day, and by
 * subject and person through indexes. Beside them proposals, with what became of them. What an entry says of an act or a
 * callback stays for good; who looked, until its own day.
 */
export class AuditTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    this.table = protectedTable(this, settings, {
      partitionKey: text('p'),
      sortKey: text('s'),
      timeToLiveAttribute: 'until',
    });
    for (const [indexName, attribute] of [
      [BY_SUBJECT, 'k'],
      [BY_PERSON, 'w'],
    ] as const)
      this.table.addGlobalSecondaryIndex({ indexName, partitionKey: text(attribute), sortKey: text('s') });
  }

  /** Puts entries, under the store's condition that their place is free. */
  grantAppend(grantee: IGrantable): void {
    allowIf(grantee, ['dynamodb:PutItem'], this.table.tableArn, inPartitions('audit#*'));
  }

  /** Puts what functions wrote down, under the store's condition that its place is free. */
  grantKeepLog(grantee: IGrantable): void {
    const partitions = inPartitions('audit#*', 'audit-of#*', 'reads#*', 'reads-of#*', 'callback#*');
    allowIf(grantee, ['dynamodb:PutItem'], this.table.tableArn, partitions);
  }

  /** Proposals: made once, decided once. */
  grantDecide(grantee: IGrantable): void {
    const actions = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'];
    allowIf(grantee, actions, this.table.tableArn, inPartitions('proposal'));
  }

  /** Who did what, day by day. */
  grantReadActs(grantee: IGrantable): void {
    allowIf(grantee, ['dynamodb:Query'], this.table.tableArn, inPartitions('audit#*'));
  }

  /** Who did what to a record, for proving that somebody did. */
  grantProveActs(grantee: IGrantable): void {
    for (const index of [BY_SUBJECT, BY_PERSON])
      allowIf(grantee, ['dynamodb:Query'], `${this.table.tableArn}/index/${index}`, inPartitions('audit#*'));
  }

  /** Entries, and never a proposal with its sealed secret. */
  grantReadLog(grantee: IGrantable): void {
    const partitions = inPartitions('audit#*', 'reads#*', 'callback#*');
    allowIf(grantee, ['dynamodb:Query'], this.table.tableArn, partitions);
    for (const index of [BY_SUBJECT, BY_PERSON])
      allowIf(grantee, ['dynamodb:Query'], `${this.table.tableArn}/index/${index}`, partitions);
  }
}

/** Electronic receipts, and the runs of their numbers. Nothing is ever deleted. */
export class ReceiptsTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    this.table = protectedTable(this, settings, { partitionKey: text('p'), sortKey: text('s') });
  }

  grantRead(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:GetItem', 'dynamodb:Query'], this.table.tableArn);
  }

  /** Says what is wrong on one, and decides about it, under the store's conditions. */
  grantCorrect(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:UpdateItem'], this.table.tableArn);
  }

  /** Those of an invoice. */
  grantReadOfInvoice(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:Query'], this.table.tableArn);
  }

  /** One receipt by its key. */
  grantCheck(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:GetItem'], this.table.tableArn);
  }

  /** Numbers receipts under the store's conditions, and adds to one its signed document or what replaced it. */
  grantIssue(grantee: IGrantable): void {
    const reads = ['dynamodb:BatchGetItem', 'dynamodb:Query'];
    const writes = ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem'];
    allow(grantee, [...reads, ...writes], this.table.tableArn);
  }
}

/** Agencies, clients, merchant accounts, webhook endpoints. */
export class RegistryTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    this.table = protectedTable(this, settings, { partitionKey: text('p'), sortKey: text('s') });
  }

  grantRead(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:GetItem', 'dynamodb:Query'], this.table.tableArn);
  }

  /** All of it as it lies there, page by page. */
  grantProve(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:Scan'], this.table.tableArn);
  }

  /** Records are replaced, never deleted; only the look-up of who is paid goes when a merchant account moves. */
  grantWrite(grantee: IGrantable): void {
    allow(grantee, ['dynamodb:PutItem'], this.table.tableArn);
    allowIf(grantee, ['dynamodb:DeleteItem'], this.table.tableArn, inPartitions('payee#*'));
  }

  /** Which providers do not answer: writes it down and reads it, and touches nobody's registration. */
  grantNoteSilence(grantee: IGrantable): void {
    const partitions = inPartitions('provider-silence');
    allowIf(grantee, ['dynamodb:PutItem', 'dynamodb:Query'], this.table.tableArn, partitions);
  }

  /** Drafts, validates and publishes versions of the catalogue, and touches nobody's registration. */
  grantPublishCatalogue(grantee: IGrantable): void {
    const partitions = inPartitions('catalogue', 'catalogue-head', 'catalogue-call');
    allowIf(grantee, ['dynamodb:PutItem', 'dynamodb:UpdateItem'], this.table.tableArn, partitions);
  }
}

/**
 * What somebody or the clock has still to do: `exception#`, `statement#` with the `claim#` that a file is matched once,
 * `book#` (a partner's days: files, runs, closings), `delivery#` (files that are to come), `decision#` (what people decided
 * about a bank's lines), `remittance#` (what is paid on from an account),
 * `due#`, `batch#`, `report#`, `basket#`, and `sandbox#` for the bank that is none; of webhooks `feed#` (watermark, late entries),
 * `endpoint#` (blocked), `missed#`, `replay#`, `told#`; `refund#of#` (which there are) and `refund#open#`; `call#` of operators;
 * `seal#`, where the chain of seals ends. Each grant reaches its own kind of partition and no other.
 */
export class WorkTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    this.table = protectedTable(this, settings, { partitionKey: text('p'), sortKey: text('s') });
  }

  /** An exception that is none any more clears by itself, and opens again if it comes back. */
  grantClearException(grantee: IGrantable): void {
    this.#allowIn('exception#*', grantee, 'dynamodb:UpdateItem');
  }

  /** People work on an exception, under the condition that it is as they saw it. */
  grantSettleException(grantee: IGrantable): void {
    this.#allowIn('exception#*', grantee, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
    this.#allowIn('decision#*', grantee, 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem');
  }

  /** Reads days of books and closes them. */
  grantCloseDays(grantee: IGrantable): void {
    this.#allowIn('book#*', grantee, 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem');
  }

  /** A new exception, under the condition that it is not open yet. */
  grantOpenException(grantee: IGrantable): void {
    this.#allowIn('exception#*', grantee, 'dynamodb:PutItem');
  }

  /** The exceptions of an agency. */
  grantListExceptions(grantee: IGrantable): void {
    this.#allowIn('exception#*', grantee, 'dynamodb:Query');
  }

  /** The work list as it lies there, and the decisions that it led to. */
  grantProveExceptions(grantee: IGrantable): void {
    this.#allowIn('exception#*', grantee, 'dynamodb:BatchGetItem', 'dynamodb:Query');
    this.#allowIn('decision#*', grantee, 'dynamodb:Query');
  }

  /** A new statement, under the condition that there is none. */
  grantCreateStatement(grantee: IGrantable): void {
    this.#allowIn('statement#*', grantee, 'dynamodb:PutItem');
  }

  grantReadStatement(grantee: IGrantable): void {
    this.#allowIn('statement#*', grantee, 'dynamodb:GetItem');
  }

  /** The log of files. */
  grantListStatements(grantee: IGrantable): void {
    this.#allowIn('statement#log#*', grantee, 'dynamodb:Query');
  }

  /** Lets files count on days of books, and writes down what matching made of them. */
  grantKeepBooks(grantee: IGrantable): void {
    this.#allowIn('book#*', grantee, 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem');
    this.#allowIn('decision#*', grantee, 'dynamodb:Query');
  }

  /** Days of books, and which files count on them. */
  grantReadBooks(grantee: IGrantable): void {
    this.#allowIn('book#*', grantee, 'dynamodb:Query');
  }

  /** Which files are expected, and up to which day it was looked. */
  grantExpectDeliveries(grantee: IGrantable): void {
    this.#allowIn('delivery#expected', grantee, 'dynamodb:Query', 'dynamodb:PutItem');
  }

  /** What is open of a partner's files: begins where one is missing or refused, and ends where one is taken in. */
  grantSettleDeliveries(grantee: IGrantable): void {
    this.#allowIn('delivery#open', grantee, 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem');
  }

  /** A single batch that pays money on. */
  grantReadRemittance(grantee: IGrantable): void {
    this.#allowIn('remittance#*', grantee, 'dynamodb:GetItem');
  }

  /** The batches of an account that pay its money on. */
  grantListRemittances(grantee: IGrantable): void {
    this.#allowIn('remittance#*', grantee, 'dynamodb:Query');
  }

  /** Proposes, decides and follows batches: each write under the condition that batch and head are as they were seen. */
  grantDecideRemittances(grantee: IGrantable): void {
    this.#allowIn('remittance#*', grantee, 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem');
    this.#allowIn('book#*', grantee, 'dynamodb:GetItem', 'dynamodb:Query');
  }

  /** Moves a statement on: being read, matched, refused. */
  grantMoveStatement(grantee: IGrantable): void {
    this.#allowIn('statement#*', grantee, 'dynamodb:UpdateItem');
  }

  /** Takes a file's content and its day for one statement, and learns who has it otherwise. */
  grantClaim(grantee: IGrantable): void {
    this.#allowIn('claim#*', grantee, 'dynamodb:PutItem', 'dynamodb:GetItem');
  }

  /** Baskets are put once and read. */
  grantBasket(grantee: IGrantable): void {
    this.#allowIn('basket#*', grantee, 'dynamodb:PutItem', 'dynamodb:GetItem');
  }

  /** A new batch of invoices, under the condition that there is none. */
  grantCreateBatch(grantee: IGrantable): void {
    this.#allowIn('batch#*', grantee, 'dynamodb:PutItem');
  }

  grantReadBatch(grantee: IGrantable): void {
    this.#allowIn('batch#*', grantee, 'dynamodb:GetItem');
  }

  /** Moves a batch on: being read, row by row, done. */
  grantMoveBatch(grantee: IGrantable): void {
    this.#allowIn('batch#*', grantee, 'dynamodb:UpdateItem');
  }

  /** A new report to be made, under the condition that there is none, and how far it is. */
  grantOrderReport(grantee: IGrantable): void {
    this.#allowIn('report#*', grantee, 'dynamodb:PutItem', 'dynamodb:GetItem');
  }

  /** Says how far a report is, and ends it. */
  grantMakeReport(grantee: IGrantable): void {
    this.#allowIn('report#*', grantee, 'dynamodb:GetItem', 'dynamodb:UpdateItem');
  }

  /** Writes down a day on which something is due. */
  grantRemember(grantee: IGrantable): void {
    this.#allowIn('due#*', grantee, 'dynamodb:PutItem');
  }

  /** What is due on a day, and whether the day is done with. */
  grantReadDue(grantee: IGrantable): void {
    this.#allowIn('due#*', grantee, 'dynamodb:Query', 'dynamodb:GetItem');
  }

  /** Strikes out due items and writes down that a day is done with, in batches. */
  grantForget(grantee: IGrantable): void {
    this.#allowIn('due#*', grantee, 'dynamodb:BatchWriteItem');
  }

  /** The sandbox bank's own books: play money, in partitions of its own. */
  grantPlayBank(grantee: IGrantable): void {
    this.#allowIn('sandbox#*', grantee, 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem');
  }

  /** Lists a refund that was asked for, open. */
  grantNoteRefund(grantee: IGrantable): void {
    this.#allowIn('refund#*', grantee, 'dynamodb:PutItem');
  }

  /** The refunds of an agency's day. */
  grantListRefunds(grantee: IGrantable): void {
    this.#allowIn('refund#of#*', grantee, 'dynamodb:Query');
  }

  /** Looks through the refunds that are not settled, and strikes out those that are. */
  grantTakeUpRefunds(grantee: IGrantable): void {
    this.#allowIn('refund#open#*', grantee, 'dynamodb:Query', 'dynamodb:BatchWriteItem');
  }

  /** Looks at the watermark, and writes down what is late for it. */
  grantSettle(grantee: IGrantable): void {
    this.#allowIn('feed#*', grantee, 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem');
  }

  /** The same, and moves the watermark: whoever reads the feed. */
  grantReadFeed(grantee: IGrantable): void {
    this.#allowIn('feed#*', grantee, 'dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem');
  }

  /** Notes which events of an invoice were told, held back, or not taken. */
  grantNoteTellings(grantee: IGrantable): void {
    this.#allowIn('told#*', grantee, 'dynamodb:UpdateItem');
  }

  grantReadTellings(grantee: IGrantable): void {
    this.#allowIn('told#*', grantee, 'dynamodb:Query');
  }

  /** Blocks an endpoint, and holds back what is for it. */
  grantHold(grantee: IGrantable): void {
    this.#allowIn('endpoint#*', grantee, 'dynamodb:GetItem', 'dynamodb:PutItem');
    this.#allowIn('missed#*', grantee, 'dynamodb:PutItem', 'dynamodb:BatchWriteItem');
    this.#allowIn('feed#late#*', grantee, 'dynamodb:Query');
  }

  /** Asks blocked endpoints, tells them what was held back, and opens them. */
  grantCatchUp(grantee: IGrantable): void {
    this.#allowIn(
      'endpoint#*',
      grantee,
      'dynamodb:Query',
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:DeleteItem',
    );
    this.#allowIn('missed#*', grantee, 'dynamodb:Query', 'dynamodb:BatchWriteItem');
  }

  /** Which endpoints are blocked. */
  grantListBlocked(grantee: IGrantable): void {
    this.#allowIn('endpoint#*', grantee, 'dynamodb:Query');
  }

  /** Has a disabled endpoint asked again. */
  grantRearm(grantee: IGrantable): void {
    this.#allowIn('endpoint#*', grantee, 'dynamodb:GetItem', 'dynamodb:PutItem');
  }

  /** Begins replays, and ends those that are carried out at once. */
  grantReplay(grantee: IGrantable): void {
    this.#allowIn('replay#*', grantee, 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem');
  }

  /** Goes on with replays of others. */
  grantRunReplays(grantee: IGrantable): void {
    this.#allowIn('replay#*', grantee, 'dynamodb:Query', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem');
  }

  /** Remembers an operator's call that was carried out. */
  grantRecordCall(grantee: IGrantable): void {
    this.#allowIn('call#*', grantee, 'dynamodb:GetItem', 'dynamodb:PutItem');
  }

  /** Where the chain of seals ends. */
  grantRememberSeals(grantee: IGrantable): void {
    this.#allowIn('seal#*', grantee, 'dynamodb:GetItem', 'dynamodb:PutItem');
  }

  /** Of which partners files are expected, and what is open of them. */
  grantReadDeliveries(grantee: IGrantable): void {
    this.#allowIn('delivery#*', grantee, 'dynamodb:Query');
  }

  /** What days came to, and how far each agency is told of. */
  grantTellAggregates(grantee: IGrantable): void {
    this.#allowIn('aggregate#*', grantee, 'dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:PutItem');
  }

  grantReadAggregates(grantee: IGrantable): void {
    this.#allowIn('aggregate#*', grantee, 'dynamodb:GetItem', 'dynamodb:Query');
  }

  #allowIn(partitions: string, grantee: IGrantable, ...actions: string[]): void {
    allowIf(grantee, actions, this.table.tableArn, inPartitions(partitions));
  }
}
