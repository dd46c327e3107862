import * as z from 'zod';
import type { Identity } from './intrinsics.ts';

/**
 * The resource types that a template may have here, in two tables: those that this machine acts upon, with every property
 * that they may carry, and those that mean something in AWS only, with the reason. What stands in neither is an error.
 */

/** A property that is accepted and changes nothing here, for the reason given. */
const ignored = (reason: string) => z.unknown().optional().describe(reason);
const count = z.coerce.number().int().min(0);
const flag = z.union([z.boolean(), z.stringbool()]);
const text = z.string();
const TAGS = ignored('nobody searches here by tag');
const PERMISSIONS = 'permissions are enforced by AWS only';
const AT_REST = 'encryption at rest is the disk’s here';

const KeySchema = z.array(z.strictObject({ AttributeName: text, KeyType: z.enum(['HASH', 'RANGE']) }));

export const Table = z.strictObject({
  TableName: text.optional(),
  AttributeDefinitions: z.array(z.strictObject({ AttributeName: text, AttributeType: z.enum(['S', 'N', 'B']) })),
  KeySchema,
  GlobalSecondaryIndexes: z
    .array(
      z.strictObject({
        IndexName: text,
        KeySchema,
        Projection: z.strictObject({
          ProjectionType: z.enum(['KEYS_ONLY', 'INCLUDE', 'ALL']),
          NonKeyAttributes: z.array(text).optional(),
        }),
        ContributorInsightsSpecification: ignored('a console’s view'),
        OnDemandThroughput: ignored('capacity is the machine’s'),
      }),
    )
    .default([]),
  StreamSpecification: z
    .strictObject({
      StreamViewType: z.enum(['NEW_AND_OLD_IMAGES', 'NEW_IMAGE', 'OLD_IMAGE', 'KEYS_ONLY']),
      ResourcePolicy: ignored(PERMISSIONS),
    })
    .optional(),
  BillingMode: z.literal('PAY_PER_REQUEST'),
  TimeToLiveSpecification: ignored('it frees space days later, and nothing may depend on it'),
  PointInTimeRecoverySpecification: ignored('backups of a laptop are its owner’s'),
  SSESpecification: ignored(AT_REST),
  DeletionProtectionEnabled: ignored('--fresh deletes on purpose'),
  ContributorInsightsSpecification: ignored('a console’s view'),
  OnDemandThroughput: ignored('capacity is the machine’s'),
  WarmThroughput: ignored('capacity is the machine’s'),
  TableClass: ignored('a price'),
  ResourcePolicy: ignored(PERMISSIONS),
  Tags: TAGS,
});

export const Queue = z.strictObject({
  QueueName: text.optional(),
  VisibilityTimeout: count.default(30),
  DelaySeconds: count.default(0),
  MessageRetentionPeriod: count.default(345_600),
  ReceiveMessageWaitTimeSeconds: count.default(0),
  MaximumMessageSize: count.default(1_048_576),
  RedrivePolicy: z
    .strictObject({ deadLetterTargetArn: text, maxReceiveCount: z.coerce.number().int().min(1) })
    .optional(),
  RedriveAllowPolicy: ignored(PERMISSIONS),
  SqsManagedSseEnabled: ignored(AT_REST),
  KmsMasterKeyId: ignored(AT_REST),
  KmsDataKeyReusePeriodSeconds: ignored(AT_REST),
  Tags: TAGS,
});

export const Bucket = z.strictObject({
  BucketName: text.optional(),
  NotificationConfiguration: z
    .strictObject({
      QueueConfigurations: z
        .array(
          z.strictObject({
            Event: z.enum(['s3:ObjectCreated:*', 's3:ObjectCreated:Put', 's3:ObjectCreated:CompleteMultipartUpload']),
            Queue: text,
            Filter: z
              .strictObject({
                S3Key: z.strictObject({
                  Rules: z.array(
                    z.strictObject({
                      Name: z
                        .string()
                        .toLowerCase()
                        .pipe(z.enum(['prefix', 'suffix'])),
                      Value: text,
                    }),
                  ),
                }),
              })
              .optional(),
          }),
        )
        .default([]),
    })
    .optional(),
  CorsConfiguration: ignored('no browser of another origin loads from the local bucket'),
  LifecycleConfiguration: ignored('objects stay until --fresh'),
  VersioningConfiguration: ignored('the local bucket keeps the last version'),
  ObjectLockEnabled: ignored('whoever owns the disk can write to it'),
  ObjectLockConfiguration: ignored('whoever owns the disk can write to it'),
  BucketEncryption: ignored(AT_REST),
  PublicAccessBlockConfiguration: ignored('it listens on the loopback interface only'),
  OwnershipControls: ignored(PERMISSIONS),
  LoggingConfiguration: ignored('an access log is AWS’s'),
  MetricsConfigurations: ignored('a console’s view'),
  IntelligentTieringConfigurations: ignored('a price'),
  Tags: TAGS,
});

export const LambdaFunction = z.strictObject({
  FunctionName: text.optional(),
  Handler: z.literal('index.handler'),
  Code: z.unknown(),
  Environment: z
    .strictObject({ Variables: z.record(z.string(), z.coerce.string()).default({}) })
    .default({ Variables: {} }),
  Timeout: z.coerce.number().int().min(1).max(900).default(3),
  MemorySize: z.coerce.number().int().min(128).default(128),
  ReservedConcurrentExecutions: count.optional(),
  DeadLetterConfig: z.strictObject({ TargetArn: text.optional() }).optional(),
  Runtime: z.string().regex(/^nodejs/),
  PackageType: z.literal('Zip').optional(),
  Role: ignored(PERMISSIONS),
  Architectures: ignored('bundles are plain JavaScript'),
  Description: ignored('a label'),
  /** Logs are files in the data directory; the group is what a subscription calls them. */
  LoggingConfig: z.looseObject({ LogGroup: text.optional() }).optional(),
  TracingConfig: ignored('a trace is AWS’s'),
  EphemeralStorage: ignored('the disk’s'),
  KmsKeyArn: ignored(AT_REST),
  RecursiveLoop: ignored('AWS watches for loops'),
  RuntimeManagementConfig: ignored('the project pins its Node'),
  Tags: TAGS,
});

export const EventSourceMapping = z.strictObject({
  FunctionName: text,
  EventSourceArn: text,
  Enabled: flag.default(true),
  BatchSize: z.coerce.number().int().min(1).max(10_000).optional(),
  MaximumBatchingWindowInSeconds: count.default(0),
  FunctionResponseTypes: z.array(z.literal('ReportBatchItemFailures')).default([]),
  FilterCriteria: z.strictObject({ Filters: z.array(z.strictObject({ Pattern: text })).default([]) }).optional(),
  ScalingConfig: z
    .strictObject({ MaximumConcurrency: z.coerce.number().int().min(2).max(1_000).optional() })
    .optional(),
  StartingPosition: z.enum(['TRIM_HORIZON', 'LATEST']).optional(),
  MaximumRetryAttempts: z.coerce.number().int().min(-1).max(10_000).default(-1),
  MaximumRecordAgeInSeconds: z.coerce.number().int().min(-1).max(604_800).default(-1),
  BisectBatchOnFunctionError: flag.default(false),
  ParallelizationFactor: ignored('one batch of a shard at a time keeps the order too'),
  DestinationConfig: z.strictObject({ OnFailure: z.strictObject({ Destination: text }).optional() }).optional(),
  MetricsConfig: ignored('a console’s view'),
  KmsKeyArn: ignored(AT_REST),
  Tags: TAGS,
});

export const EventInvokeConfig = z.strictObject({
  FunctionName: text,
  Qualifier: z.literal('$LATEST'),
  MaximumRetryAttempts: z.coerce.number().int().min(0).max(2).default(2),
  MaximumEventAgeInSeconds: z.coerce.number().int().min(60).max(21_600).default(21_600),
  DestinationConfig: z.strictObject({ OnFailure: z.strictObject({ Destination: text }).optional() }).optional(),
});

export const SubscriptionFilter = z.strictObject({
  LogGroupName: text,
  FilterPattern: text,
  DestinationArn: text,
  FilterName: text.optional(),
  RoleArn: ignored(PERMISSIONS),
});

export const Schedule = z.strictObject({
  Name: text.optional(),
  GroupName: ignored('a name for permissions'),
  ScheduleExpression: text,
  ScheduleExpressionTimezone: text.default('UTC'),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  FlexibleTimeWindow: z.strictObject({ Mode: z.literal('OFF') }),
  Target: z.strictObject({
    Arn: text,
    RoleArn: ignored(PERMISSIONS),
    Input: text.default('{}'),
    RetryPolicy: ignored('the function is always there to take the invocation'),
    DeadLetterConfig: ignored('the function is always there to take the invocation'),
  }),
  Description: ignored('a label'),
  KmsKeyArn: ignored(AT_REST),
});

export const Secret = z.strictObject({
  Name: text.optional(),
  SecretString: text.optional(),
  GenerateSecretString: z
    .strictObject({
      SecretStringTemplate: text.optional(),
      GenerateStringKey: text.optional(),
      PasswordLength: z.coerce.number().int().min(1).max(4_096).default(32),
      ExcludeCharacters: text.default(''),
      ExcludeLowercase: flag.default(false),
      ExcludeUppercase: flag.default(false),
      ExcludeNumbers: flag.default(false),
      ExcludePunctuation: flag.default(false),
      IncludeSpace: flag.default(false),
      RequireEachIncludedType: flag.default(true),
    })
    .optional(),
  Description: ignored('a label'),
  KmsKeyId: ignored(AT_REST),
  ReplicaRegions: ignored('there is one place'),
  Tags: TAGS,
});

export const UserPoolResourceServer = z.strictObject({
  UserPoolId: text,
  Identifier: text,
  Name: ignored('a label'),
  Scopes: z.array(z.strictObject({ ScopeName: text, ScopeDescription: ignored('a label') })).default([]),
});

export const HttpApi = z.strictObject({
  Name: text.optional(),
  ProtocolType: z.literal('HTTP'),
  CorsConfiguration: z
    .strictObject({
      AllowCredentials: flag.default(false),
      AllowHeaders: z.array(text).default([]),
      AllowMethods: z.array(text).default([]),
      AllowOrigins: z.array(text).default([]),
      ExposeHeaders: z.array(text).default([]),
      MaxAge: count.optional(),
    })
    .optional(),
  Description: ignored('a label'),
  DisableExecuteApiEndpoint: ignored('here is one address'),
  IpAddressType: ignored('here is the loopback interface'),
  Tags: TAGS,
});

/** The one kind of key that anybody here signs with; others encrypt at rest, which is the disk’s here. */
export const Key = z.strictObject({
  KeySpec: z.enum(['RSA_2048', 'SYMMETRIC_DEFAULT']).default('SYMMETRIC_DEFAULT'),
  KeyUsage: z.enum(['SIGN_VERIFY', 'ENCRYPT_DECRYPT']).default('ENCRYPT_DECRYPT'),
  KeyPolicy: ignored(PERMISSIONS),
  Description: ignored('a label'),
  Enabled: ignored('it is'),
  EnableKeyRotation: ignored(AT_REST),
  PendingWindowInDays: ignored('--fresh deletes on purpose'),
  Tags: TAGS,
});

const Throttling = {
  ThrottlingBurstLimit: count.optional(),
  ThrottlingRateLimit: z.coerce.number().min(0).optional(),
  DetailedMetricsEnabled: ignored('a console’s view'),
};
export const HttpStage = z.strictObject({
  ApiId: text,
  StageName: z.literal('$default'),
  AutoDeploy: flag.optional(),
  AccessLogSettings: ignored('the functions’ own logs tell'),
  DefaultRouteSettings: z.strictObject(Throttling).optional(),
  RouteSettings: z.record(z.string(), z.strictObject(Throttling)).default({}),
  Description: ignored('a label'),
  Tags: TAGS,
});

export const HttpRoute = z.strictObject({
  ApiId: text,
  RouteKey: z.string().regex(/^(\$default|[A-Z]+ \/\S*)$/),
  Target: z.string().regex(/^integrations\//),
  AuthorizationType: z.enum(['NONE', 'JWT']).default('NONE'),
  AuthorizationScopes: z.array(text).default([]),
  AuthorizerId: text.optional(),
});

export const HttpIntegration = z.strictObject({
  ApiId: text,
  IntegrationType: z.literal('AWS_PROXY'),
  IntegrationUri: text,
  PayloadFormatVersion: z.literal('2.0'),
  TimeoutInMillis: z.coerce.number().int().min(50).max(30_000).default(30_000),
  IntegrationMethod: ignored('a function is always invoked by POST'),
  ConnectionType: ignored('there is one network'),
  CredentialsArn: ignored(PERMISSIONS),
  Description: ignored('a label'),
});

export const HttpAuthorizer = z.strictObject({
  ApiId: text,
  AuthorizerType: z.literal('JWT'),
  IdentitySource: z.tuple([z.literal('$request.header.Authorization')]),
  JwtConfiguration: z.strictObject({ Audience: z.array(text), Issuer: z.url() }),
  Name: ignored('a label'),
});

/** Acted upon here: schema of the properties, and the property that may name it. */
export const behaviouralTypes = {
  'AWS::DynamoDB::Table': Table,
  'AWS::SQS::Queue': Queue,
  'AWS::S3::Bucket': Bucket,
  'AWS::Lambda::Function': LambdaFunction,
  'AWS::Lambda::EventSourceMapping': EventSourceMapping,
  'AWS::Lambda::EventInvokeConfig': EventInvokeConfig,
  'AWS::Logs::SubscriptionFilter': SubscriptionFilter,
  'AWS::Scheduler::Schedule': Schedule,
  'AWS::SecretsManager::Secret': Secret,
  'AWS::KMS::Key': Key,
  'AWS::Cognito::UserPoolResourceServer': UserPoolResourceServer,
  'AWS::ApiGatewayV2::Api': HttpApi,
  'AWS::ApiGatewayV2::Stage': HttpStage,
  'AWS::ApiGatewayV2::Route': HttpRoute,
  'AWS::ApiGatewayV2::Integration': HttpIntegration,
  'AWS::ApiGatewayV2::Authorizer': HttpAuthorizer,
} as const;
export type BehaviouralType = keyof typeof behaviouralTypes;
export const isBehavioural = (type: string): type is BehaviouralType => Object.hasOwn(behaviouralTypes, type);

/** Accepted whole, and why they change nothing here. Their intrinsics are read all the same. */
export const ignoredTypes: Readonly<Record<string, string>> = {
  'AWS::CDK::Metadata': 'says how the template was made',
  'AWS::IAM::Role': PERMISSIONS,
  'AWS::IAM::Policy': PERMISSIONS,
  'AWS::IAM::ManagedPolicy': PERMISSIONS,
  'AWS::Lambda::Permission': PERMISSIONS,
  'AWS::SQS::QueuePolicy': PERMISSIONS,
  'AWS::S3::BucketPolicy': PERMISSIONS,
  'AWS::SNS::TopicPolicy': PERMISSIONS,
  'AWS::KMS::Alias': AT_REST,
  'AWS::Logs::LogGroup': 'logs are files in the data directory',
  'AWS::Logs::MetricFilter': 'nobody is woken by a laptop',
  'AWS::CloudWatch::Alarm': 'nobody is woken by a laptop',
  'AWS::CloudWatch::CompositeAlarm': 'nobody is woken by a laptop',
  'AWS::CloudWatch::Dashboard': 'a console’s view',
  'AWS::SNS::Topic': 'only alarms speak to it',
  'AWS::SNS::Subscription': 'only alarms speak to it',
  'AWS::Scheduler::ScheduleGroup': 'a name for permissions',
  'AWS::Cognito::UserPool': 'the local issuer stands in for it',
  'AWS::Cognito::UserPoolDomain': 'the local issuer stands in for it',
  'AWS::Cognito::UserPoolClient': 'the local clients stand in for it',
};

type Place = { name: string; region: string; account: string; partition: string; gateway: string; storage: string };

/** What `Ref` and `Fn::GetAtt` give for a resource of the type with that physical name. */
export function identityOf(type: string, { name, region, account, partition, gateway, storage }: Place): Identity {
  const arn = (service: string, resource: string, where = `${region}:${account}`) =>
    `arn:${partition}:${service}:${where}:${resource}`;
  const named = (attributes: Record<string, string> = {}): Identity => ({ ref: name, attributes });
  switch (type) {
    case 'AWS::DynamoDB::Table': {
      const table = arn('dynamodb', `table/${name}`);
      return named({ Arn: table, StreamArn: `${table}/stream/local` });
    }
    case 'AWS::SQS::Queue': {
      const url = `${storage}/${account}/${name}`;
      return { ref: url, attributes: { Arn: arn('sqs', name), QueueName: name, QueueUrl: url } };
    }
    case 'AWS::S3::Bucket':
      return named({
        Arn: arn('s3', name, ':'),
        DomainName: `${name}.s3.amazonaws.com`,
        RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
      });
    case 'AWS::Lambda::Function':
      return named({ Arn: arn('lambda', `function:${name}`) });
    case 'AWS::Lambda::EventSourceMapping':
      return named({ Id: name, EventSourceMappingArn: arn('lambda', `event-source-mapping:${name}`) });
    case 'AWS::Scheduler::Schedule':
      return named({ Arn: arn('scheduler', `schedule/default/${name}`) });
    case 'AWS::Scheduler::ScheduleGroup':
      return named({ Arn: arn('scheduler', `schedule-group/${name}`) });
    case 'AWS::SecretsManager::Secret': {
      const secret = arn('secretsmanager', `secret:${name}-LocalX`);
      return { ref: secret, attributes: { Id: secret } };
    }
    case 'AWS::ApiGatewayV2::Api':
      return named({ ApiId: name, ApiEndpoint: gateway });
    case 'AWS::ApiGatewayV2::Stage':
      return { ref: '$default', attributes: {} };
    case 'AWS::ApiGatewayV2::Route':
      return named({ RouteId: name });
    case 'AWS::ApiGatewayV2::Integration':
      return named({ IntegrationId: name });
    case 'AWS::ApiGatewayV2::Authorizer':
      return named({ AuthorizerId: name });
    case 'AWS::Cognito::UserPool': {
      const provider = `cognito-idp.${region}.amazonaws.com/${name}`;
      return named({
        Arn: arn('cognito-idp', `userpool/${name}`),
        UserPoolId: name,
        ProviderName: provider,
        ProviderURL: `https://${provider}`,
      });
    }
    case 'AWS::Cognito::UserPoolClient':
      return named({ ClientId: name, Name: name });
    case 'AWS::IAM::Role':
      return named({ Arn: arn('iam', `role/${name}`, `:${account}`), RoleId: name });
    case 'AWS::KMS::Key':
      return named({ Arn: arn('kms', `key/${name}`), KeyId: name });
    case 'AWS::Logs::LogGroup':
      return named({ Arn: arn('logs', `log-group:${name}:*`) });
    case 'AWS::CloudWatch::Alarm':
      return named({ Arn: arn('cloudwatch', `alarm:${name}`) });
    case 'AWS::SNS::Topic': {
      const topic = arn('sns', name);
      return { ref: topic, attributes: { TopicArn: topic, TopicName: name } };
    }
    default:
      return named({ Arn: arn('local', name) });
  }
}

/** The property by which a template may choose the physical name. */
export const nameProperties: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Scheduler::Schedule': 'Name',
  'AWS::Scheduler::ScheduleGroup': 'Name',
  'AWS::SecretsManager::Secret': 'Name',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::CloudWatch::Alarm': 'AlarmName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::KMS::Alias': 'AliasName',
  'AWS::Cognito::UserPoolDomain': 'Domain',
  'AWS::Cognito::UserPoolResourceServer': 'Identifier',
};
