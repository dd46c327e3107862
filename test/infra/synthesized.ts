import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { App } from 'aws-cdk-lib';
import { afterAll } from 'vitest';
import { addStacks, emptyApp } from '../../infra/app.ts';
import type { StageName } from '../../shared/runtime/environment.ts';

/** Every step of the flow, by the name of its folder. */
export const steps = [
  'api-docs',
  'ask-provider',
  'batch-api',
  'catalogue-api',
  'check-receipt',
  'counter-api',
  'dialect-dvcqg',
  'events-api',
  'finance-api',
  'follow-remittances',
  'invoice-batch',
  'issue-receipts',
  'keep-log',
  'logs-api',
  'make-report',
  'notify-agency',
  'operations-api',
  'portal-api',
  'post-payment',
  'provider-callback',
  'publish-events',
  'receipts-api',
  'reconcile',
  'refunds-api',
  'registry-api',
  'remittances-api',
  'replay-events',
  'reports-api',
  'republish',
  'sandbox-bank',
  'seal-ledger',
  'send-refund',
  'sweep',
  'tell-aggregates',
  'trace-api',
  'watch-files',
] as const;
export type Step = (typeof steps)[number];

/** The steps that a stage has. */
export const stepsOf = (stage: StageName): readonly Step[] =>
  steps.filter((step) => stage !== 'production' || step !== 'sandbox-bank');

/** The name of a provider's queue of questions in the template. */
export const questionsOf = (provider: string): string => `AskProviderQuestionsQueue${provider.replaceAll('-', '')}`;

/** In the order of their deployment. */
export const stacks = ['Data', 'Service', 'Office'] as const;

export type Resource<Properties = Record<string, unknown>> = {
  id: string;
  type: string;
  stack: (typeof stacks)[number];
  properties: Properties;
  dependsOn: readonly string[];
  deletionPolicy?: string;
};

type Template = {
  Resources: Record<
    string,
    { Type: string; Properties?: Record<string, unknown>; DependsOn?: string[]; DeletionPolicy?: string }
  >;
  Outputs?: Record<string, { Value: unknown; Export?: { Name: string } }>;
};

const made: string[] = [];

/** A folder that is gone after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'thuphi-infra-'));
  made.push(folder);
  return folder;
}
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** An app of all stacks, whose functions are empty. */
export function stackedApp(stage: StageName, development = false): App {
  const folder = temporaryFolder();
  for (const step of steps) {
    mkdirSync(path.join(folder, 'bundles', step), { recursive: true });
    writeFileSync(path.join(folder, 'bundles', step, 'index.js'), `// ${step}\n`);
  }
  const app = emptyApp({ outdir: path.join(folder, 'out'), builtinCloudFormationValidation: false });
  addStacks(app, { stage, development, bundles: path.join(folder, 'bundles') });
  return app;
}

/** What the templates of a stage declare. */
export class Synthesized {
  readonly text: string;
  readonly resources: readonly Resource[];
  /** What is told to whoever deploys, by name; not what one stack hands to the other. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly #exported = new Map<string, unknown>();

  constructor(stage: StageName, development = false) {
    const assembly = stackedApp(stage, development).synth();
    const templates = stacks.map((stack) => ({
      stack,
      template: assembly.getStackArtifact(stack).template as Template,
    }));
    this.text = JSON.stringify(templates.map(({ template }) => template));
    this.resources = templates.flatMap(({ stack, template }) =>
      Object.entries(template.Resources).map(([id, { Type, Properties = {}, DependsOn = [], DeletionPolicy }]) => ({
        id,
        type: Type,
        stack,
        properties: Properties,
        dependsOn: DependsOn,
        ...(DeletionPolicy ? { deletionPolicy: DeletionPolicy } : {}),
      })),
    );
    this.outputs = Object.fromEntries(
      templates.flatMap(({ template }) =>
        Object.entries(template.Outputs ?? {}).flatMap(([name, { Value, Export }]) => (Export ? [] : [[name, Value]])),
      ),
    );
    for (const { template } of templates) {
      for (const { Value, Export } of Object.values(template.Outputs ?? {})) {
        if (Export) this.#exported.set(Export.Name, Value);
      }
    }
  }

  /** The resources of a type, with the properties that the test is about. */
  all<Properties = Record<string, unknown>>(type: string): Resource<Properties>[] {
    return this.resources.filter((resource) => resource.type === type) as Resource<Properties>[];
  }

  function(step: Step): Resource<FunctionProperties> {
    const found = this.all<FunctionProperties>('AWS::Lambda::Function').find(({ properties }) =>
      properties.FunctionName.endsWith(`-${step}`),
    );
    if (!found) throw new Error(`no function ${step}`);
    return found;
  }

  /** `Ref`, `GetAtt`, `ImportValue` and `Join` as one readable word; logical ids without CDK's eight digits. */
  plain(value: unknown): string {
    if (typeof value === 'string') return value;
    const [[intrinsic, argument] = []] = Object.entries(value as Record<string, unknown>);
    if (intrinsic === 'Ref') return `<${withoutDigits(argument as string)}>`;
    if (intrinsic === 'Fn::GetAtt') {
      const [id, attribute] = argument as [string, string];
      return `<${withoutDigits(id)}.${attribute}>`;
    }
    if (intrinsic === 'Fn::ImportValue') return this.plain(this.#exported.get(argument as string));
    if (intrinsic === 'Fn::Join') {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map((part) => this.plain(part)).join(separator);
    }
    throw new Error(`cannot read ${JSON.stringify(value)}`);
  }

  /** What a step's role may do: resource, with the partitions it is limited to, → actions, sorted. */
  permissions(step: Step): Record<string, string[]> {
    const role = this.plain(this.function(step).properties.Role).replace('.Arn>', '>');
    const allowed: Record<string, string[]> = {};
    for (const { properties } of this.all<PolicyProperties>('AWS::IAM::Policy')) {
      if (!properties.Roles.some((each) => this.plain(each) === role)) continue;
      for (const { Action, Resource: resources, Condition } of properties.PolicyDocument.Statement) {
        const partitions = Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];
        const where = partitions ? ` in ${listed(partitions).join(', ')}` : '';
        for (const resource of listed(resources).map((each) => this.plain(each) + where)) {
          allowed[resource] = [...new Set([...(allowed[resource] ?? []), ...listed(Action)])].sort();
        }
      }
    }
    return allowed;
  }
}

const withoutDigits = (id: string): string => (id.startsWith('AWS::') ? id : id.replace(/[0-9A-F]{8}$/, ''));

export const listed = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

export type FunctionProperties = {
  FunctionName: string;
  Role: unknown;
  Runtime: string;
  Architectures: string[];
  Timeout?: number;
  MemorySize?: number;
  Handler: string;
  LoggingConfig?: { LogGroup: unknown };
  DeadLetterConfig?: { TargetArn: unknown };
  Environment: { Variables: Record<string, unknown> };
};

export type Statement = {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, Record<string, string | string[]>>;
};
export type PolicyProperties = { PolicyDocument: { Statement: Statement[] }; Roles: unknown[] };
