import { describe, expect, it } from 'vitest';
import { BY_AGENCY_DAY } from '../../shared/store/invoice-item.ts';
import { Synthesized } from './synthesized.ts';

type TableProperties = {
  BillingMode: string;
  DeletionProtectionEnabled: boolean;
  PointInTimeRecoverySpecification?: { PointInTimeRecoveryEnabled: boolean };
  SSESpecification?: { SSEEnabled: boolean };
  KeySchema: { AttributeName: string; KeyType: string }[];
  GlobalSecondaryIndexes?: { IndexName: string; Projection: unknown; KeySchema: unknown }[];
  StreamSpecification?: { StreamViewType: string };
};
type BucketProperties = {
  PublicAccessBlockConfiguration?: unknown;
  BucketEncryption?: unknown;
  VersioningConfiguration?: { Status: string };
  LoggingConfiguration?: unknown;
};
type SecretProperties = { Name: string; SecretString?: string; GenerateSecretString?: { PasswordLength: number } };

/** What a rebuilt service must find again, by type. */
const survivors = [
  'AWS::DynamoDB::Table',
  'AWS::S3::Bucket',
  'AWS::KMS::Key',
  'AWS::SecretsManager::Secret',
  'AWS::Cognito::UserPool',
] as const;

describe.each(['sandbox', 'production'] as const)('what must survive in %s', (stage) => {
  const stacks = new Synthesized(stage);
  const tables = stacks.all<TableProperties>('AWS::DynamoDB::Table');

  it.each(survivors)('is in the data stack: %s', (type) => {
    expect(stacks.all(type).filter(({ stack }) => stack !== 'Data')).toEqual([]);
  });

  it('is nothing that runs: the data stack has no function and no role', () => {
    const running = stacks.resources.filter(({ stack, type }) => stack === 'Data' && /Lambda|IAM/.test(type));
    expect(running).toEqual([]);
  });

  it('are seven tables, each restorable, encrypted and paid by use', () => {
    const keys = (attributes: TableProperties['KeySchema']) =>
      attributes.map(({ AttributeName }) => AttributeName).join('');
    expect(tables.map(({ id, properties }) => [id.replace(/Table.*/, ''), keys(properties.KeySchema)])).toEqual([
      ['Invoices', 'k'],
      ['Dossiers', 'k'],
      ['Journal', 'ps'],
      ['Registry', 'ps'],
      ['Work', 'ps'],
      ['Receipts', 'ps'],
      ['Audit', 'ps'],
    ]);
    for (const { properties } of tables) {
      expect(properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
      });
    }
  });

  it('lists invoices by an index of keys only, so that a payment does not write it', () => {
    expect(tables[0]?.properties.GlobalSecondaryIndexes).toEqual([
      {
        IndexName: BY_AGENCY_DAY,
        KeySchema: [
          { AttributeName: 'g', KeyType: 'HASH' },
          { AttributeName: 'c', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ]);
    expect(tables[0]?.properties.StreamSpecification).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' });
  });

  it('has buckets that are closed, encrypted and, but for access logs, versioned and logged', () => {
    for (const { id, properties } of stacks.all<BucketProperties>('AWS::S3::Bucket')) {
      expect(properties.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      expect(properties.BucketEncryption).toBeDefined();
      if (id.startsWith('AccessLogs')) continue;
      expect(properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
      expect(properties.LoggingConfiguration).toBeDefined();
    }
  });

  it('locks the seals of the ledger: in production nobody shortens it for the term of accounting', () => {
    type Lock = { ObjectLockEnabled?: boolean; ObjectLockConfiguration?: { Rule: { DefaultRetention: unknown } } };
    const locked = stacks
      .all<Lock>('AWS::S3::Bucket')
      .filter(({ properties }) => properties.ObjectLockEnabled)
      .map(({ id, properties }) => [id.replace(/Bucket.*/, ''), properties.ObjectLockConfiguration?.Rule]);
    const retention = stage === 'production' ? { Mode: 'COMPLIANCE', Days: 3653 } : { Mode: 'GOVERNANCE', Days: 1 };
    expect(locked).toEqual([['Seals', { DefaultRetention: retention }]]);
  });

  it('keeps partners’ files and what matching found: nothing expires them, and in production nobody deletes them', () => {
    type Rules = { LifecycleConfiguration?: { Rules: { Prefix?: string; ExpirationInDays?: number }[] } };
    const files = stacks.all<Rules>('AWS::S3::Bucket').find(({ id }) => id.startsWith('FilesBucket'));
    const expiring = files?.properties.LifecycleConfiguration?.Rules.filter(({ ExpirationInDays }) => ExpirationInDays);
    expect(expiring?.map(({ Prefix }) => Prefix)).toEqual(['reports/', 'batches/']);
    // Parts of an object that never came to be are no evidence.
    expect(files?.properties.LifecycleConfiguration?.Rules[0]).toMatchObject({
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
    });
    type Policy = { PolicyDocument: { Statement: { Effect: string; Action: unknown; Resource: unknown }[] } };
    const refused = stacks
      .all<Policy>('AWS::S3::BucketPolicy')
      .flatMap(({ properties }) => properties.PolicyDocument.Statement)
      .filter(({ Action }) => JSON.stringify(Action).includes('s3:DeleteObjectVersion'))
      .map(({ Effect, Action, Resource }) => [Effect, Action, [Resource].flat().map((one) => stacks.plain(one))]);
    const kept = ['statements/', 'results/'].map((prefix) =>
      expect.stringMatching(`thuphi-${stage}-files-.*/${prefix}`),
    );
    expect(refused).toEqual(
      stage === 'production' ? [['Deny', ['s3:DeleteObject', 's3:DeleteObjectVersion'], kept]] : [],
    );
  });

  it('has secrets that nobody wrote down', () => {
    const secrets = stacks.all<SecretProperties>('AWS::SecretsManager::Secret').map(({ properties }) => properties);
    expect(secrets.map(({ Name }) => Name)).toEqual([
      `thuphi/${stage}/keys/quote`,
      `thuphi/${stage}/keys/invoice-number`,
      `thuphi/${stage}/keys/cursor`,
      `thuphi/${stage}/keys/proposal`,
      `thuphi/${stage}/keys/receipt-link`,
      ...(stage === 'production' ? [] : [`thuphi/${stage}/sandbox-bank/key`]),
    ]);
    for (const { SecretString, GenerateSecretString } of secrets) {
      expect(SecretString).toBeUndefined();
      expect(GenerateSecretString?.PasswordLength).toBe(64);
    }
    expect(stacks.text).not.toMatch(/\{\{resolve:|BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}/);
  });
});

describe('a deleted stack', () => {
  const kept = (stacks: Synthesized) =>
    stacks.resources.filter(({ deletionPolicy }) => deletionPolicy === 'Retain').map(({ type }) => type);

  it('leaves in production everything that must survive, and the inbox of what banks were told we have', () => {
    const stacks = new Synthesized('production');
    const isInbox = (id: string) => id.startsWith('PostPaymentInbox');
    const mustStay = stacks.resources.filter(
      ({ id, type, stack }) =>
        (survivors as readonly string[]).includes(type) ||
        (type === 'AWS::SQS::Queue' && (stack === 'Data' || isInbox(id))),
    );
    expect(mustStay.length).toBeGreaterThan(15 - 1);
    expect(mustStay.filter(({ deletionPolicy }) => deletionPolicy !== 'Retain')).toEqual([]);
  });

  it('cannot be a table of production: it refuses to be deleted', () => {
    const tables = new Synthesized('production').all<TableProperties>('AWS::DynamoDB::Table');
    expect(tables.map(({ properties }) => properties.DeletionProtectionEnabled)).toEqual([
      true,
      true,
      true,
      true,
      true,
      true,
      true,
    ]);
  });

  it('leaves nothing in the sandbox', () => {
    expect(kept(new Synthesized('sandbox'))).toEqual([]);
  });
});

describe('production', () => {
  it('has no sandbox bank: no function, no route, no key', () => {
    expect(new Synthesized('production').text).not.toMatch(/sandbox/i);
  });
});
