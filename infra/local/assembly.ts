import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { UnsupportedTemplate } from './failures.ts';

/** One resource of a template, as CloudFormation knows it. */
const Resource = z.strictObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Metadata: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
  DependsOn: z.unknown().optional(),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
});
export type Resource = z.infer<typeof Resource>;

const Template = z.strictObject({
  AWSTemplateFormatVersion: z.string().optional(),
  Description: z.string().optional(),
  Metadata: z.unknown().optional(),
  /** `CheckBootstrapVersion` and its like speak of an account's bootstrap stack; here is no account. */
  Rules: z.unknown().optional(),
  Parameters: z.record(z.string(), z.looseObject({ Default: z.unknown().optional() })).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  Resources: z.record(z.string(), Resource),
  Outputs: z
    .record(z.string(), z.looseObject({ Value: z.unknown(), Export: z.looseObject({ Name: z.unknown() }).optional() }))
    .default({}),
});
export type Template = z.infer<typeof Template>;

const Manifest = z.looseObject({
  artifacts: z.record(z.string(), z.looseObject({ type: z.string(), properties: z.looseObject({}).optional() })),
});
const StackProperties = z.looseObject({ templateFile: z.string(), stackName: z.string().optional() });
const Environment = z.string().regex(/^aws:\/\//);
const NestedAssembly = z.looseObject({ directoryName: z.string() });
const AssetManifest = z.looseObject({
  files: z.record(z.string(), z.looseObject({ source: z.looseObject({ path: z.string().optional() }) })).default({}),
});

export type Stack = {
  name: string;
  /** The region that the app names for it, when it names one. */
  region: string | undefined;
  /** Where its templates and assets are. */
  directory: string;
  template: Template;
  /** Absolute folder of each asset, by hash. */
  assets: ReadonlyMap<string, string>;
};

/**
 * Every stack of a cloud assembly, those of nested stages included. Throws {@link UnsupportedTemplate} when a section of
 * a template is not known, and an error that says to synthesize when there is no assembly.
 */
export function readAssembly(directory: string): Stack[] {
  const manifest = path.join(directory, 'manifest.json');
  if (!existsSync(manifest)) throw new Error(`no cloud assembly in ${directory}: run cdk synth first`);
  const stacks: Stack[] = [];
  for (const [id, artifact] of Object.entries(Manifest.parse(readJson(manifest)).artifacts)) {
    if (artifact.type === 'cdk:cloud-assembly') {
      stacks.push(...readAssembly(path.join(directory, NestedAssembly.parse(artifact.properties).directoryName)));
    }
    if (artifact.type !== 'aws:cloudformation:stack') continue;
    const { templateFile, stackName } = StackProperties.parse(artifact.properties);
    const name = stackName ?? id;
    const template = Template.safeParse(readJson(path.join(directory, templateFile)));
    if (!template.success) throw new UnsupportedTemplate([`${name}: ${z.prettifyError(template.error)}`]);
    const environment = Environment.safeParse(artifact['environment']).data?.split('/')[3];
    stacks.push({
      name,
      region: environment === undefined || environment === 'unknown-region' ? undefined : environment,
      directory,
      template: template.data,
      assets: readAssets(directory, id),
    });
  }
  return stacks;
}

function readAssets(directory: string, id: string): Map<string, string> {
  const file = path.join(directory, `${id}.assets.json`);
  if (!existsSync(file)) return new Map();
  const { files } = AssetManifest.parse(readJson(file));
  return new Map(
    Object.entries(files).flatMap(([hash, { source }]) =>
      source.path === undefined ? [] : [[hash, path.resolve(directory, source.path)] as const],
    ),
  );
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}
