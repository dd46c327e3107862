import { createHash } from 'node:crypto';
import path from 'node:path';
import * as z from 'zod';
import type { Addresses } from './addresses.ts';
import type { Resource, Stack } from './assembly.ts';
import {
  type BehaviouralType,
  behaviouralTypes,
  identityOf,
  ignoredTypes,
  isBehavioural,
  nameProperties,
} from './catalogue.ts';
import { UnknownName, UnsupportedTemplate } from './failures.ts';
import { type Identity, LOCAL_ACCOUNT, PARTITION, Resolver } from './intrinsics.ts';

/** Where an app that names no region runs here. */
export const LOCAL_REGION = 'ap-southeast-1';

/** A resource as the template declares it, without intrinsics. */
export type Declared<T extends BehaviouralType> = {
  stack: string;
  logicalId: string;
  /** The logical id without the eight hexadecimal digits that CDK adds. */
  shortName: string;
  /** `Ref`: name, URL or ARN, by type. */
  ref: string;
  attributes: Identity['attributes'];
  /** Name at its engine. */
  name: string;
  properties: z.infer<(typeof behaviouralTypes)[T]>;
  /** Absolute folder of a function's bundle. */
  asset?: string;
};

export type System = {
  region: string;
  all<T extends BehaviouralType>(type: T): readonly Declared<T>[];
  /** The one resource with that attribute value, e.g. `Arn`; undefined when there is none. */
  byAttribute<T extends BehaviouralType>(type: T, attribute: string, value: string): Declared<T> | undefined;
};

/**
 * Reads what the stacks declare. Every intrinsic is resolved and every property checked here, before anything starts.
 * Throws {@link UnsupportedTemplate} with all problems at once.
 */
export function readSystem(
  stacks: readonly Stack[],
  addresses: Addresses,
  parameters: Readonly<Record<string, string>> = {},
): System {
  const region = stacks.find((stack) => stack.region)?.region ?? LOCAL_REGION;
  const resolver = new Resolver({
    stacks,
    region,
    parameters,
    identify(stack, logicalId, names) {
      const resource = stack.template.Resources[logicalId];
      if (!resource || !(isBehavioural(resource.Type) || Object.hasOwn(ignoredTypes, resource.Type))) return undefined;
      const name = physicalName(stack, logicalId, resource, region, names);
      const { gateway, storage } = addresses;
      return identityOf(resource.Type, {
        name,
        region,
        account: LOCAL_ACCOUNT,
        partition: PARTITION,
        gateway,
        storage,
      });
    },
  });
  const declared = new Map<BehaviouralType, Declared<BehaviouralType>[]>();
  for (const stack of stacks) {
    for (const [logicalId, resource] of Object.entries(stack.template.Resources)) {
      if (resource.Condition && !resolver.condition(stack, logicalId, resource.Condition)) continue;
      const one = declare(stack, logicalId, resource, region, resolver);
      if (one) declared.set(one.type, [...(declared.get(one.type) ?? []), one.declared]);
    }
  }
  if (resolver.problems.length > 0) throw new UnsupportedTemplate(resolver.problems);

  const all = <T extends BehaviouralType>(type: T) => (declared.get(type) ?? []) as unknown as readonly Declared<T>[];
  return {
    region,
    all,
    byAttribute: (type, attribute, value) => all(type).find((resource) => resource.attributes[attribute] === value),
  };
}

function declare(stack: Stack, logicalId: string, resource: Resource, region: string, resolver: Resolver) {
  const properties = resolver.resolve(stack, logicalId, resource.Properties);
  const { Type: type } = resource;
  if (Object.hasOwn(ignoredTypes, type)) return undefined;
  const identity = resolver.identity(stack, logicalId);
  if (!isBehavioural(type) || !identity) {
    resolver.problems.push(`${stack.name}/${logicalId}: resource type ${type} is not known here`);
    return undefined;
  }
  const parsed = behaviouralTypes[type].safeParse(properties);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const where = issue.path.length > 0 ? ` at ${issue.path.join('.')}` : '';
      const what =
        issue.code === 'unrecognized_keys'
          ? `property ${issue.keys.map((key) => [...issue.path, key].join('.')).join(', ')} is not known here`
          : `${issue.message}${where}`;
      resolver.problems.push(`${stack.name}/${logicalId} (${type}): ${what}`);
    }
    return undefined;
  }
  const one: Declared<BehaviouralType> = {
    stack: stack.name,
    logicalId,
    shortName: logicalId.replace(/[0-9A-F]{8}$/, ''),
    ref: identity.ref,
    attributes: identity.attributes,
    name: physicalName(stack, logicalId, resource, region, resolver),
    properties: parsed.data,
  };
  if (type === 'AWS::Lambda::Function') {
    const asset = assetOf(stack, resource, parsed.data as z.infer<(typeof behaviouralTypes)[typeof type]>);
    if (!asset) resolver.problems.push(`${stack.name}/${logicalId}: its code is no asset of this assembly`);
    else one.asset = asset;
  }
  return { type, declared: one };
}

const CodeOfAsset = z.looseObject({ S3Key: z.string() });

function assetOf(stack: Stack, resource: Resource, properties: { Code: unknown }): string | undefined {
  const inMetadata = resource.Metadata['aws:asset:path'];
  if (typeof inMetadata === 'string') return path.resolve(stack.directory, inMetadata);
  const key = CodeOfAsset.safeParse(properties.Code).data?.S3Key;
  return key === undefined ? undefined : stack.assets.get(path.parse(key).name);
}

/** S3 takes 3 to 63 of `a-z0-9-`. */
const LONGEST_BUCKET_NAME = 63;
const DIGEST_LENGTH = 9;

function physicalName(stack: Stack, logicalId: string, resource: Resource, region: string, resolver: Resolver): string {
  const property = nameProperties[resource.Type];
  const chosen = property && resolver.resolve(stack, logicalId, resource.Properties[property]);
  if (typeof chosen === 'string') return chosen;
  const own = `${stack.name}-${logicalId}`;
  const digest = createHash('sha256').update(own).digest('hex');
  switch (resource.Type) {
    case 'AWS::S3::Bucket': {
      const lower = own.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-');
      if (lower.length <= LONGEST_BUCKET_NAME) return lower;
      return `${lower.slice(0, LONGEST_BUCKET_NAME - DIGEST_LENGTH - 1)}-${digest.slice(0, DIGEST_LENGTH)}`;
    }
    case 'AWS::Cognito::UserPool':
      return `${region}_${digest.slice(0, DIGEST_LENGTH)}`;
    case 'AWS::ApiGatewayV2::Api':
    case 'AWS::Cognito::UserPoolClient':
      return digest.slice(0, DIGEST_LENGTH + 1);
    case 'AWS::Lambda::EventSourceMapping':
      return [8, 4, 4, 4, 12].map((length, at) => digest.slice(at * 12, at * 12 + length)).join('-');
    default:
      return own;
  }
}

const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/**
 * Finds a resource by logical id, physical name or short name, else by any part that only one of them has, without regard
 * to case and hyphens: `post-payment` finds `PostingPostPaymentFunction1A2B3C4D`. Throws {@link UnknownName}.
 */
export function findByName<R extends { logicalId: string; shortName: string; name: string }>(
  kind: string,
  resources: readonly R[],
  wanted: string,
): R {
  const exact = resources.filter((one) => [one.logicalId, one.name, one.shortName].includes(wanted));
  const matches = [
    exact,
    resources.filter((one) => plain(one.shortName) === plain(wanted)),
    resources.filter((one) => plain(one.shortName).endsWith(plain(wanted))),
    resources.filter((one) => plain(`${one.shortName} ${one.name}`).includes(plain(wanted))),
  ].find((found) => found.length > 0);
  const [found, ...others] = matches ?? [];
  if (!found || others.length > 0) {
    throw new UnknownName(
      kind,
      wanted,
      resources.map((one) => one.shortName),
    );
  }
  return found;
}
