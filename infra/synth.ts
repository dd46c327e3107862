import path from 'node:path';
import { parseArgs } from 'node:util';
import { CDK_APP_MODE_CONTEXT } from 'aws-cdk-lib/cx-api';
import type { StageName } from '../shared/runtime/environment.ts';
import { addRules, addStacks, emptyApp } from './app.ts';
import { bundle, compile, functionsDirectory } from './bundle.ts';
import { stageNamed } from './config.ts';

/** Where the functions will run. The user is Lambda's `sbx_user1051`: observed by many, promised by nobody. */
const LAMBDA = { architecture: 'arm64', user: 993 } as const;

export type SynthesisOptions = {
  outdir: string;
  stage: StageName;
  development: boolean;
  /** Judge the stacks by the rule packs as well; without, synthesis is a start's, not a gate. */
  rules?: boolean;
  /** Where the functions' folders are. */
  functions?: string;
};

/**
 * Bundles every function and writes the cloud assembly to `outdir`, in this process and without an AWS account. Throws
 * with every finding that nobody accepted, when the rules are asked.
 */
export async function synthesize({
  outdir,
  stage,
  development,
  rules = false,
  functions,
}: SynthesisOptions): Promise<void> {
  const target = path.resolve(outdir);
  const bundles = path.join(target, 'bundles');
  await bundle(bundles, functions ?? functionsDirectory);
  // Compiled code fits one kind of processor: a build elsewhere would ship what Lambda can only ignore.
  if (development) await compile(bundles, { functions });
  else if (process.arch === LAMBDA.architecture) await compile(bundles, { functions, user: LAMBDA.user });
  const app = emptyApp({
    outdir: target,
    // CDK's own check of templates takes as long as all the rest.
    builtinCloudFormationValidation: rules,
    postCliContext: { [CDK_APP_MODE_CONTEXT]: 'inmemory' },
  });
  addStacks(app, { stage, development, bundles });
  if (rules) await addRules(app);
  app.synth();
}

/** `node infra/synth.ts [--stage production] [--out DIR] [--development]`: always judged by the rules. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      stage: { type: 'string', default: 'sandbox' },
      out: { type: 'string', default: 'cdk.out' },
      development: { type: 'boolean', default: false },
    },
  });
  const began = performance.now();
  const stage = stageNamed(values.stage);
  await synthesize({ outdir: values.out, stage, development: values.development, rules: true });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${values.out}: stacks Data, Service and Office of ${stage}, no finding (${seconds} s)`);
}

if (import.meta.main) await main();
