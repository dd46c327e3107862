import { RemovalPolicy } from 'aws-cdk-lib';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { StageSettings } from '../config.ts';
import { accept, allow, allowUnder, secretsArn } from './permission.ts';

/** Hexadecimal digits of a generated key: 256 bits. */
const keyDigits = 64;

const storing = ['secretsmanager:CreateSecret', 'secretsmanager:PutSecretValue'];

/** Keys that the service makes itself: what they sign, and where invoice numbers come from. */
const keyNames = ['quote', 'invoice-number', 'cursor', 'proposal', 'receipt-link'] as const;
type KeyName = (typeof keyNames)[number];

/**
 * Secrets by name, under `thuphi/<stage>/`: `keys/` are made here; `merchant/` (accounts at providers), `webhook/`
 * (signing keys of endpoints) and `dialect/` (portals' connections in the national platform's message set) come and go
 * with the registry. Values are in Secrets Manager only.
 *
 * Names are fixed, so a stage that is set up a second time must find them free: CloudFormation deletes the sandbox's
 * keys at once and for good, but what a person deletes holds its name for the recovery window (7 to 30 days), and what
 * production keeps must be imported.
 */
export class Secrets extends Construct {
  readonly prefix: string;
  readonly #keys: Readonly<Record<KeyName, Secret>>;
  readonly #sandboxBankKey?: Secret;

  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    this.prefix = `thuphi/${settings.stage}/`;
    const keys = keyNames.map((name) => [name, this.#generated(settings, `keys/${name}`)] as const);
    this.#keys = Object.fromEntries(keys) as Record<KeyName, Secret>;
    if (settings.stage !== 'production') this.#sandboxBankKey = this.#generated(settings, 'sandbox-bank/key');
  }

  #generated(settings: StageSettings, name: string): Secret {
    const secret = new Secret(this, name.replaceAll('/', '-'), {
      secretName: `${this.prefix}${name}`,
      generateSecretString: {
        passwordLength: keyDigits,
        excludePunctuation: true,
        excludeUppercase: true,
        excludeCharacters: 'ghijklmnopqrstuvwxyz',
      },
      removalPolicy: settings.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    accept(
      secret,
      'AwsSolutions-SMG4',
      'What an older key signed or numbered must still be verified: an operator adds a version, no clock replaces one.',
    );
    return secret;
  }

  /** One of the service's own keys. */
  grantReadKey(name: KeyName, grantee: IGrantable): void {
    allow(grantee, ['secretsmanager:GetSecretValue'], this.#keys[name].secretArn);
  }

  /** What proves us to providers, and them to us. */
  grantReadMerchant(grantee: IGrantable): void {
    const reason = "Merchant accounts come with the registry, and Secrets Manager ends each name's ARN at random.";
    allowUnder(grantee, ['secretsmanager:GetSecretValue'], secretsArn(this, `${this.prefix}merchant/`), reason);
  }

  /** What webhooks are signed with. */
  grantReadWebhook(grantee: IGrantable): void {
    const reason = "Endpoints come with the registry, and Secrets Manager ends each name's ARN at random.";
    allowUnder(grantee, ['secretsmanager:GetSecretValue'], secretsArn(this, `${this.prefix}webhook/`), reason);
  }

  /** How portals speak the national platform's message set, their keys with it. */
  grantReadDialect(grantee: IGrantable): void {
    const reason = "Connections come with the registry, and Secrets Manager ends each name's ARN at random.";
    allowUnder(grantee, ['secretsmanager:GetSecretValue'], secretsArn(this, `${this.prefix}dialect/`), reason);
  }

  /** Stores the same, without being able to read it back. */
  grantStoreDialect(grantee: IGrantable): void {
    const reason = 'What it creates has no ARN yet; the prefix is for what the registry describes.';
    allowUnder(grantee, storing, secretsArn(this, `${this.prefix}dialect/`), reason);
  }

  /** Stores secrets of merchant accounts, without being able to read them back. */
  grantStoreMerchant(grantee: IGrantable): void {
    const reason = 'What it creates has no ARN yet; the prefix is for what the registry describes.';
    // Whether a terminal has a secret may be asked; what it is, may not.
    const actions = ['secretsmanager:DescribeSecret', ...storing];
    allowUnder(grantee, actions, secretsArn(this, `${this.prefix}merchant/`), reason);
  }

  /** Makes and rotates what webhooks are signed with: the older secret stays beside the newer for a while. */
  grantRotateWebhook(grantee: IGrantable): void {
    const reason = 'What it creates has no ARN yet; the prefix is for what the registry describes.';
    const actions = ['secretsmanager:GetSecretValue', ...storing];
    allowUnder(grantee, actions, secretsArn(this, `${this.prefix}webhook/`), reason);
  }

  /** The sandbox bank's signing key. Production has neither bank nor key: throws. */
  grantReadSandboxBank(grantee: IGrantable): void {
    if (!this.#sandboxBankKey) throw new Error('production has no sandbox bank');
    allow(grantee, ['secretsmanager:GetSecretValue'], this.#sandboxBankKey.secretArn);
  }
}
