import { Aws, Stack, Validations } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** Accepts a finding of the rule packs on this construct and what is in it, with the reason. */
export function accept(construct: IConstruct, finding: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: finding, reason });
}

/** Allows exact actions on exact resources. A wildcard has no place here: see {@link allowUnder}. */
export function allow(grantee: IGrantable, actions: readonly string[], ...resources: readonly string[]): void {
  Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [...resources] }).assertSuccess();
}

/** Allows exact actions on a resource under conditions. */
export function allowIf(
  grantee: IGrantable,
  actions: readonly string[],
  resource: string,
  conditions: Record<string, Record<string, unknown>>,
): void {
  Grant.addToPrincipal({ grantee, actions: [...actions], resourceArns: [resource], conditions }).assertSuccess();
}

/**
 * Allows exact actions on everything whose name begins alike, and accepts that one finding on the role with the reason.
 * `prefix` is an ARN up to the wildcard, made by {@link objectsArn} or {@link secretsArn}.
 */
export function allowUnder(grantee: IGrantable, actions: readonly string[], prefix: string, reason: string): void {
  const resource = `${prefix}*`;
  allow(grantee, actions, resource);
  const asReported = resource
    .replaceAll(Aws.PARTITION, '<AWS::Partition>')
    .replaceAll(Aws.ACCOUNT_ID, '<AWS::AccountId>');
  const principal = grantee.grantPrincipal as unknown as IConstruct;
  accept(principal, `AwsSolutions-IAM5[Resource::${asReported}]`, reason);
}

/** The objects of a bucket whose keys begin with `prefix`, to be followed by a wildcard. */
export const objectsArn = (bucketName: string, prefix: string): string =>
  `arn:${Aws.PARTITION}:s3:::${bucketName}/${prefix}`;

/** The secrets whose names begin with `prefix`, to be followed by a wildcard. */
export const secretsArn = (scope: IConstruct, prefix: string): string =>
  `arn:${Aws.PARTITION}:secretsmanager:${Stack.of(scope).region}:${Aws.ACCOUNT_ID}:secret:${prefix}`;
