import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  type IBucket,
  ObjectLockRetention,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { CfnQueuePolicy, type Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import { accept, allow, allowUnder, objectsArn } from './permission.ts';
import { WorkQueue } from './work-queue.ts';

/** Evidence of accounting is kept for ten years (Law on Accounting 88/2015/QH13, article 41; Decree 174/2016/NĐ-CP). */
const accountingTerm = Duration.days(3653);

/** A replaced or deleted version is wanted at once for a month, and for an audit after that. */
const audited = Duration.days(30);

const accessLogTerm = Duration.days(400);

/** Settlement files come in here. */
const statementsPrefix = 'statements/';

/** What matching them found, an object a file. */
const resultsPrefix = 'results/';

/** Files of invoices come in here. They hold names and identity numbers, and are wanted only until they are worked on. */
const batchesPrefix = 'batches/';
const batchTerm = Duration.days(30);

/** What became of each row of them, without names. */
const batchReportsPrefix = 'batch-reports/';

/** Files of reports. What they tell can be made again from the books, so they are kept for as long as people look for them. */
const reportsPrefix = 'reports/';
const reportTerm = Duration.days(90);

/** What was paid on: contents of batches by their hashes, and their files for the bank. Evidence, kept for its term. */
const remittancesPrefix = 'remittances/';

/** Published law, by the hash of its content. */
const cataloguePrefix = 'catalogue/';

/** Sums by account, made from the journal and made again at will. */
const balancesPrefix = 'balances/';

/** The chain of seals, a segment an object. */
const sealsPrefix = 'seals/';

/** In the sandbox whoever may bypass governance clears away what nobody will ever prove. */
const sandboxLock = Duration.days(1);

/** A batch of records, or a part of the book that is looked through, takes minutes at most. */
export const republishTimeout = Duration.minutes(5);

/** Half an hour apart: a cause that mends itself within the afternoon needs nobody. */
const republishReceives = 8;

/** Lambda chooses the rest of the key: mapping, shard, time. */
const failedBatchesPrefix = 'aws/lambda/';

const bucketName = (settings: StageSettings, purpose: string): string =>
  `thuphi-${settings.stage}-${purpose}-${Aws.ACCOUNT_ID}`;

/** Encrypted by S3 with a key of its own: no call of KMS, and no key that could be lost with ten years of evidence. */
const closed = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
};

const kept = (settings: StageSettings) => ({
  removalPolicy: settings.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
});

/**
 * Every new object whose key begins with `prefix` becomes a message. The bucket's own notification, not CDK's, which would
 * bring a function that is not ours to set it. `name` is the bucket's: a reference would close a circle, since the bucket
 * waits for the policy that names it.
 */
function announce(bucket: Bucket, name: string, prefix: string, queue: Queue): void {
  queue.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('s3.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: {
        ArnEquals: { 'aws:SourceArn': objectsArn(name, '').slice(0, -1) },
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
      },
    }),
  );
  const resource = bucket.node.defaultChild as CfnBucket;
  const before = resource.notificationConfiguration as CfnBucket.NotificationConfigurationProperty | undefined;
  const announced = before?.queueConfigurations;
  resource.notificationConfiguration = {
    queueConfigurations: [
      ...(Array.isArray(announced) ? announced : []),
      {
        event: 's3:ObjectCreated:*',
        queue: queue.queueArn,
        filter: { s3Key: { rules: [{ name: 'prefix', value: prefix }] } },
      },
    ],
  };
  // S3 tries the queue when the notification is set: its policy must stand by then.
  const policy = queue.node.tryFindChild('Policy')?.node.defaultChild;
  if (!(policy instanceof CfnQueuePolicy)) throw new Error(`the queue ${queue.node.path} has no policy`);
  resource.addResourceDependency(policy);
}

/** Who read and wrote the other buckets. */
export class AccessLogsBucket extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    const bucket = new Bucket(this, 'Bucket', {
      ...closed,
      ...kept(settings),
      lifecycleRules: [{ expiration: accessLogTerm }],
    });
    // CDK's class and its own interface differ in what may be undefined, which our compiler's settings mind.
    this.bucket = bucket as IBucket;
    accept(this.bucket, 'AwsSolutions-S1', 'It holds the access logs; logs of logs would feed themselves.');
  }
}

/** Settlement files and what matching found in them. */
export class FilesBucket extends Construct {
  readonly bucket: Bucket;
  readonly #name: string;

  constructor(scope: Construct, id: string, settings: StageSettings, accessLogs: AccessLogsBucket) {
    super(scope, id);
    this.#name = bucketName(settings, 'files');
    this.bucket = new Bucket(this, 'Bucket', {
      ...closed,
      ...kept(settings),
      bucketName: this.#name,
      versioned: true,
      serverAccessLogsBucket: accessLogs.bucket,
      serverAccessLogsPrefix: 'files/',
      lifecycleRules: [
        {
          abortIncompleteMultipartUploadAfter: Duration.days(2),
          noncurrentVersionTransitions: [
            { storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: audited },
          ],
          noncurrentVersionExpiration: accountingTerm,
        },
        { prefix: reportsPrefix, expiration: reportTerm, noncurrentVersionExpiration: Duration.days(1) },
        { prefix: batchesPrefix, expiration: batchTerm, noncurrentVersionExpiration: Duration.days(1) },
      ],
    });
    // Whoever tries the service out may clear away what they made.
    if (settings.deletionProtection) this.#keepEvidence();
  }

  /**
   * Partners' files and what matching found in them are evidence of accounting: nothing expires them, and the bucket itself
   * refuses to delete them or a version of them, whoever asks.
   */
  #keepEvidence(): void {
    this.bucket.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
        resources: [statementsPrefix, resultsPrefix].map((prefix) => objectsArn(this.#name, prefix)),
      }),
    );
  }

  /** Every new settlement file becomes a message. */
  announceStatements(queue: Queue): void {
    announce(this.bucket, this.#name, statementsPrefix, queue);
  }

  /** Documents of the catalogue come in by a link and are read; what validation made of them is written beside. */
  grantPublishCatalogue(grantee: IGrantable): void {
    const reason = 'Objects are named by the hash of their content; the prefix is for the catalogue only.';
    allowUnder(grantee, ['s3:GetObject', 's3:PutObject'], objectsArn(this.#name, cataloguePrefix), reason);
    this.#grantMissNothing(grantee);
  }

  grantReadCatalogue(grantee: IGrantable): void {
    const reason = 'Objects are named by the hash of their content; the prefix is for the catalogue only.';
    allowUnder(grantee, ['s3:GetObject'], objectsArn(this.#name, cataloguePrefix), reason);
    this.#grantMissNothing(grantee);
  }

  /** Every new file of invoices becomes a message. */
  announceBatches(queue: Queue): void {
    announce(this.bucket, this.#name, batchesPrefix, queue);
  }

  grantUploadBatches(grantee: IGrantable): void {
    const reason = 'The name of the file to come is made at the request; the prefix is for files of invoices only.';
    allowUnder(grantee, ['s3:PutObject'], objectsArn(this.#name, batchesPrefix), reason);
  }

  grantReadBatches(grantee: IGrantable): void {
    const reason = 'It reads whatever file was announced; the prefix is for files of invoices only.';
    allowUnder(grantee, ['s3:GetObject', 's3:GetObjectVersion'], objectsArn(this.#name, batchesPrefix), reason);
    this.#grantMissNothing(grantee);
  }

  grantWriteBatchReports(grantee: IGrantable): void {
    const reason = 'An object for each chunk of a file; the prefix is for reports only.';
    allowUnder(grantee, ['s3:PutObject'], objectsArn(this.#name, batchReportsPrefix), reason);
  }

  grantReadBatchReports(grantee: IGrantable): void {
    const reason = 'An object for each chunk of a file; the prefix is for reports only.';
    allowUnder(grantee, ['s3:GetObject'], objectsArn(this.#name, batchReportsPrefix), reason);
    this.#grantMissNothing(grantee);
  }

  /** A signed link to put one file carries the permission of whoever signed it. */
  grantUploadStatements(grantee: IGrantable): void {
    const reason = 'The name of the file to come is made at the request; the prefix is for settlement files only.';
    allowUnder(grantee, ['s3:PutObject'], objectsArn(this.#name, statementsPrefix), reason);
  }

  grantReadStatements(grantee: IGrantable): void {
    const reason = 'It reads whatever file was announced; the prefix is for settlement files only.';
    // Exactly the version that was announced, even when another has replaced it.
    allowUnder(grantee, ['s3:GetObject', 's3:GetObjectVersion'], objectsArn(this.#name, statementsPrefix), reason);
    this.#grantMissNothing(grantee);
  }

  grantWriteResults(grantee: IGrantable): void {
    const reason = 'One result object for each settlement file; the prefix is for results only.';
    allowUnder(grantee, ['s3:PutObject'], objectsArn(this.#name, resultsPrefix), reason);
  }

  grantReadResults(grantee: IGrantable): void {
    const reason = 'One result object for each settlement file; the prefix is for results only.';
    allowUnder(grantee, ['s3:GetObject'], objectsArn(this.#name, resultsPrefix), reason);
    this.#grantMissNothing(grantee);
  }

  grantWriteReports(grantee: IGrantable): void {
    const reason = 'An object for each report that is asked for; the prefix is for reports only.';
    // It is sent in parts; one that comes to nothing is aborted.
    allowUnder(grantee, ['s3:PutObject', 's3:AbortMultipartUpload'], objectsArn(this.#name, reportsPrefix), reason);
  }

  /** A signed link to fetch one file carries the permission of whoever signed it. */
  grantFetchReports(grantee: IGrantable): void {
    const reason = 'An object for each report that is asked for; the prefix is for reports only.';
    allowUnder(grantee, ['s3:GetObject'], objectsArn(this.#name, reportsPrefix), reason);
  }

  /** Freezes contents of batches and makes their files; a signed link to one carries the permission of whoever signed it. */
  grantKeepRemittances(grantee: IGrantable): void {
    const reason = 'Objects are named by the hash of their content; the prefix is for batches only.';
    allowUnder(grantee, ['s3:GetObject', 's3:PutObject'], objectsArn(this.#name, remittancesPrefix), reason);
    this.#grantMissNothing(grantee);
  }

  /** What the batches count that pay money on. */
  grantReadRemittances(grantee: IGrantable): void {
    const reason = 'Objects are named by the hash of their content; the prefix is for batches only.';
    allowUnder(grantee, ['s3:GetObject'], objectsArn(this.#name, remittancesPrefix), reason);
    this.#grantMissNothing(grantee);
  }

  /** Makes balances, and compares them with what it made before. */
  grantKeepBalances(grantee: IGrantable): void {
    const reason = 'An object for each agency and day; the prefix is for balances only.';
    allowUnder(grantee, ['s3:GetObject', 's3:PutObject'], objectsArn(this.#name, balancesPrefix), reason);
    this.#grantMissNothing(grantee);
  }

  grantReadBalances(grantee: IGrantable): void {
    const reason = 'An object for each agency and day; the prefix is for balances only.';
    allowUnder(grantee, ['s3:GetObject'], objectsArn(this.#name, balancesPrefix), reason);
    this.#grantMissNothing(grantee);
  }

  /** Without the right to list, S3 says 403 of an object that is not there yet, where the reader needs to hear 404. */
  #grantMissNothing(grantee: IGrantable): void {
    allow(grantee, ['s3:ListBucket'], this.bucket.bucketArn);
  }
}

/**
 * Batches of the outbox that could not be published, with their records: the stream forgets them after a day. Each is
 * announced to the queue of republish, which publishes it again; what is poison stays among the dead letters there, and the
 * alarm with it, until somebody has looked.
 */
export class FailedBatchesBucket extends Construct {
  readonly bucket: Bucket;
  /** Names of what was left, and other pieces of work for republish; the objects themselves stay. */
  readonly republish: WorkQueue;
  readonly #name: string;

  constructor(scope: Construct, id: string, settings: StageSettings, accessLogs: AccessLogsBucket) {
    super(scope, id);
    this.#name = bucketName(settings, 'failed-batches');
    this.bucket = new Bucket(this, 'Bucket', {
      ...closed,
      ...kept(settings),
      bucketName: this.#name,
      versioned: true,
      serverAccessLogsBucket: accessLogs.bucket,
      serverAccessLogsPrefix: 'failed-batches/',
    });
    this.republish = new WorkQueue(this, 'Republish', {
      timeout: republishTimeout,
      keep: settings.deletionProtection,
      receives: republishReceives,
    });
    announce(this.bucket, this.#name, failedBatchesPrefix, this.republish.queue);
  }

  /** The records of a batch. */
  grantReadBatches(grantee: IGrantable): void {
    allow(grantee, ['s3:ListBucket'], this.bucket.bucketArn);
    const reason = 'It reads whatever batch was announced; nothing else is in this bucket.';
    allowUnder(grantee, ['s3:GetObject'], objectsArn(this.#name, failedBatchesPrefix), reason);
  }

  /** Alarms at the first batch that cannot be published, and when batches wait too long for it. */
  watch(scope: Construct, alarms: AlarmTopic): void {
    this.republish.watch(scope, alarms, {
      impact: 'Movements are missing in journal, work list and webhooks until the batch is published.',
      patience: Duration.hours(2),
    });
  }

  /** What Lambda itself needs to leave a batch here, with the function's role. */
  grantLeave(grantee: IGrantable): void {
    allow(grantee, ['s3:ListBucket'], this.bucket.bucketArn);
    const reason = 'Lambda names the object by mapping, shard and time; nothing else is in this bucket.';
    allowUnder(grantee, ['s3:PutObject'], objectsArn(this.#name, failedBatchesPrefix), reason);
  }
}

/**
 * Seals of the ledger. In production nobody, and no administrator, deletes or replaces a version before the term of
 * accounting is over (S3 Object Lock, compliance mode). A delete only hides a version: the verifier then names the gap, and
 * the version is still there.
 */
export class SealsBucket extends Construct {
  readonly bucket: Bucket;
  readonly #name: string;

  constructor(scope: Construct, id: string, settings: StageSettings, accessLogs: AccessLogsBucket) {
    super(scope, id);
    this.#name = bucketName(settings, 'seals');
    this.bucket = new Bucket(this, 'Bucket', {
      ...closed,
      ...kept(settings),
      bucketName: this.#name,
      versioned: true,
      objectLockEnabled: true,
      objectLockDefaultRetention: settings.deletionProtection
        ? ObjectLockRetention.compliance(accountingTerm)
        : ObjectLockRetention.governance(sandboxLock),
      serverAccessLogsBucket: accessLogs.bucket,
      serverAccessLogsPrefix: 'seals/',
    });
  }

  /** Adds segments and reads them. Neither deletes nor shortens a lock. */
  grantKeep(grantee: IGrantable): void {
    const reason = 'A segment an hour, each an object of its own; nothing else is in this bucket.';
    allowUnder(grantee, ['s3:GetObject', 's3:PutObject'], objectsArn(this.#name, sealsPrefix), reason);
    // Without the right to list, S3 says 403 of a segment that is not there yet, where 404 is the end of the chain.
    allow(grantee, ['s3:ListBucket'], this.bucket.bucketArn);
  }
}
