import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clientsFor } from '../../../infra/local/clients.ts';
import type { Limits } from '../../../infra/local/limits.ts';
import { type LocalStack, type StackOptions, startStack } from '../../../infra/local/stack.ts';
import { eventually as named, patientLimits } from '../../stack.ts';

/** A template as a test writes it: resources by logical id, of one stack or of several. */
export type Resources = Record<string, { Type: string; Properties?: unknown; [key: string]: unknown }>;
export type TestStack = { Resources: Resources; [section: string]: unknown };

/** A temporary folder with an assembly, a data directory and a file that handlers write to. */
export type Workshop = {
  directory: string;
  assemblyDirectory: string;
  dataDirectory: string;
  /** Resource of a function whose bundle has this CommonJS source. */
  lambda(name: string, source: string, properties?: object): Resources[string];
  writeAssembly(stacks: Record<string, TestStack>): void;
  /** What handlers noted by `note(value)`, in order. */
  notes<T>(): T[];
  start(options?: Partial<StackOptions>): Promise<LocalStack>;
  remove(): void;
};

export const testClients = [
  { id: 'portal', kind: 'portal', scopes: ['invoices:read', 'invoices:write'] },
  { id: 'finance', kind: 'finance', scopes: ['reports:read'] },
];

/** Nobody waits for a test. */
export const shortLimits: Partial<Limits> = {
  ...patientLimits,
  streamRetryFirstMilliseconds: 5,
  streamRetryLastMilliseconds: 20,
  streamIdleMilliseconds: 10,
  asynchronousRetryMilliseconds: [5, 5],
  stopMilliseconds: 200,
};

export function workshop(): Workshop {
  const directory = mkdtempSync(path.join(tmpdir(), 'thuphi-local-'));
  const assemblyDirectory = path.join(directory, 'cdk.out');
  const dataDirectory = path.join(directory, 'data');
  const noteFile = path.join(directory, 'notes.jsonl');
  mkdirSync(assemblyDirectory);
  const started: LocalStack[] = [];
  return {
    directory,
    assemblyDirectory,
    dataDirectory,
    lambda(name, source, properties = {}) {
      const asset = path.join(assemblyDirectory, `asset.${name}`);
      mkdirSync(asset, { recursive: true });
      writeFileSync(path.join(asset, 'package.json'), '{"type":"commonjs"}');
      const helpers = `const note = (value) => require('node:fs').appendFileSync(${JSON.stringify(noteFile)}, JSON.stringify(value) + '\\n');\n`;
      writeFileSync(path.join(asset, 'index.js'), helpers + source);
      return {
        Type: 'AWS::Lambda::Function',
        Properties: {
          // biome-ignore lint/suspicious/noTemplateCurlyInString: the template's own syntax.
          Code: { S3Bucket: { 'Fn::Sub': 'assets-${AWS::AccountId}-${AWS::Region}' }, S3Key: `${name}.zip` },
          Handler: 'index.handler',
          Runtime: 'nodejs24.x',
          Timeout: 10,
          MemorySize: 128,
          Role: 'arn:aws:iam::000000000000:role/any',
          ...properties,
        },
        Metadata: { 'aws:asset:path': `asset.${name}` },
      };
    },
    writeAssembly(stacks) {
      const artifacts: Record<string, unknown> = {};
      for (const [name, template] of Object.entries(stacks)) {
        const templateFile = `${name}.template.json`;
        writeFileSync(path.join(assemblyDirectory, templateFile), JSON.stringify(template));
        const properties = { templateFile };
        artifacts[name] = {
          type: 'aws:cloudformation:stack',
          environment: 'aws://unknown-account/unknown-region',
          properties,
        };
      }
      writeFileSync(path.join(assemblyDirectory, 'manifest.json'), JSON.stringify({ version: '1', artifacts }));
    },
    notes<T>() {
      if (!existsSync(noteFile)) return [];
      const lines = readFileSync(noteFile, 'utf8').split('\n').filter(Boolean);
      return lines.map((line) => JSON.parse(line) as T);
    },
    async start(options = {}) {
      const stack = await startStack({
        assemblyDirectory,
        dataDirectory,
        port: 0,
        clients: testClients,
        ...options,
        limits: { ...shortLimits, ...options.limits },
      });
      started.push(stack);
      return stack;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Asks until the answer is there. Fails, with the question, where it does not come at all. */
export const eventually = <T>(ask: () => T | undefined | false | Promise<T | undefined | false>): Promise<T> =>
  named(String(ask), ask);

export const awsClients = (stack: LocalStack) =>
  clientsFor({ tables: stack.endpoints.dynamodb, storage: stack.endpoints.sqs }, stack.region);

/** A token of a local client, for some of its scopes or all. */
export async function tokenOf(stack: LocalStack, id: string, scope?: string): Promise<string> {
  const client = stack.clients.find((one) => one.id === id);
  const answer = await fetch(stack.tokenEndpoint, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${client?.secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...(scope ? { scope } : {}) }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return token;
}

/** An HTTP API whose routes each lead to one function; `scopes` makes a route ask for a token. */
export function httpApi(
  routes: Record<string, { target: string; scopes?: string[] }>,
  api: object = {},
  stage: object = {},
): Resources {
  const resources: Resources = {
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'test', ProtocolType: 'HTTP', ...api } },
    Stage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId: { Ref: 'Api' }, StageName: '$default', AutoDeploy: true, ...stage },
    },
    Pool: { Type: 'AWS::Cognito::UserPool', Properties: { UserPoolName: 'test' } },
    PoolClient: { Type: 'AWS::Cognito::UserPoolClient', Properties: { UserPoolId: { Ref: 'Pool' } } },
    Authorizer: {
      Type: 'AWS::ApiGatewayV2::Authorizer',
      Properties: {
        ApiId: { Ref: 'Api' },
        Name: 'tokens',
        AuthorizerType: 'JWT',
        IdentitySource: ['$request.header.Authorization'],
        JwtConfiguration: {
          Audience: [{ Ref: 'PoolClient' }],
          Issuer: {
            'Fn::Join': [
              '',
              ['https://cognito-idp.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }, '/', { Ref: 'Pool' }],
            ],
          },
        },
      },
    },
  };
  for (const [position, [key, { target, scopes }]] of Object.entries(routes).entries()) {
    resources[`Integration${position}`] = {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': [target, 'Arn'] },
        PayloadFormatVersion: '2.0',
      },
    };
    resources[`Route${position}`] = {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'Api' },
        RouteKey: key,
        Target: { 'Fn::Join': ['', ['integrations/', { Ref: `Integration${position}` }]] },
        ...(scopes
          ? { AuthorizationType: 'JWT', AuthorizerId: { Ref: 'Authorizer' }, AuthorizationScopes: scopes }
          : { AuthorizationType: 'NONE' }),
      },
    };
  }
  return resources;
}

/** Source of a handler's helper: `sqs(action, body)` calls the local queue service. */
export const CALLS = `
const call = async (endpoint, target, type, body) => {
  const answer = await fetch(endpoint, { method: 'POST', headers: { 'x-amz-target': target, 'content-type': type, authorization: 'AWS4-HMAC-SHA256 Credential=local/20260101/' + process.env.AWS_REGION + '/any/aws4_request' }, body: JSON.stringify(body) });
  return answer.json();
};
const sqs = (action, body) => call(process.env.AWS_ENDPOINT_URL_SQS, 'AmazonSQS.' + action, 'application/x-amz-json-1.0', body);
const dynamodb = (action, body) => call(process.env.AWS_ENDPOINT_URL_DYNAMODB, 'DynamoDB_20120810.' + action, 'application/x-amz-json-1.0', body);
`;

/** One call of the secrets' JSON protocol. */
export async function secretsManager(endpoint: string, action: string, body: object) {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': `secretsmanager.${action}`, 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}
