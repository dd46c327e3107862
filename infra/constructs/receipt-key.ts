import { RemovalPolicy } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';
import { allow } from './permission.ts';

/** Signs receipts. Made by KMS, which never gives it out; a receipt is verified by its public half for as long as it is kept. */
export class ReceiptKey extends Construct {
  readonly key: Key;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: `Signs the electronic receipts of ${settings.stage}`,
      keySpec: KeySpec.RSA_2048,
      keyUsage: KeyUsage.SIGN_VERIFY,
      removalPolicy: settings.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
  }

  grantSign(grantee: IGrantable): void {
    allow(grantee, ['kms:GetPublicKey', 'kms:Sign'], this.key.keyArn);
  }
}
