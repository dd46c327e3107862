import path from 'node:path';
import { App, type AppProps, Validations } from 'aws-cdk-lib';
import type { StageName } from '../shared/runtime/environment.ts';
import { bundle } from './bundle.ts';
import { stageNamed, stages } from './config.ts';
import { DataStack } from './stacks/data.ts';
import { OfficeStack } from './stacks/office.ts';
import { ServiceStack } from './stacks/service.ts';

/** How CDK behaves where it leaves the choice: here and not in cdk.json, so that every way to synthesize agrees. */
const choices = {
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  // Merged statements are sorted by the numbers of tokens, which differ from one synthesis to the next.
  '@aws-cdk/aws-iam:minimizePolicies': false,
  // The data stack refuses to lose what the service still uses.
  '@aws-cdk/core:defaultCrossStackReferences': 'strong',
  // What CDK's own check of templates finds is an error, not a warning.
  '@aws-cdk/core:validateAgainstDefaultRules': true,
};

/** An app without stacks. Nothing about it or its use is sent to anybody. */
export const emptyApp = (props: AppProps = {}): App =>
  new App({
    analyticsReporting: false,
    treeMetadata: false,
    ...props,
    postCliContext: { ...choices, ...props.postCliContext },
  });

/**
 * Adds the stacks of a stage. `development` admits webhooks to this machine, so production refuses it (throws).
 * `bundles` holds a folder for each function.
 */
export function addStacks(app: App, options: { stage: StageName; development: boolean; bundles: string }): void {
  const { stage, development, bundles } = options;
  if (development && stage === 'production') throw new Error('production is never a development stack');
  const settings = stages[stage];
  const common = { settings, env: { region: settings.region }, terminationProtection: settings.deletionProtection };
  const data = new DataStack(app, 'Data', { ...common, stackName: `thuphi-${stage}-data` });
  const service = new ServiceStack(app, 'Service', {
    ...common,
    stackName: `thuphi-${stage}-service`,
    data,
    bundles,
    development,
  });
  new OfficeStack(app, 'Office', { ...common, stackName: `thuphi-${stage}-office`, data, service, development });
}

/** Lets two packs of rules judge what is synthesized: whatever they find and nobody accepted with a reason is an error. */
export async function addRules(app: App): Promise<void> {
  const { AwsSolutionsChecks, ServerlessChecks } = await import('cdk-nag');
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
}

/** What the CDK command line runs: `cdk deploy --context stage=production`. */
async function main(): Promise<void> {
  const app = emptyApp();
  const bundles = path.join(app.outdir, 'bundles');
  await bundle(bundles);
  addStacks(app, {
    stage: stageNamed(app.node.tryGetContext('stage') ?? 'sandbox'),
    development: String(app.node.tryGetContext('development') ?? 'false') === 'true',
    bundles,
  });
  await addRules(app);
  app.synth();
}

if (import.meta.main) await main();
