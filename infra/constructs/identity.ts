import { Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountRecovery,
  FeaturePlan,
  Mfa,
  OAuthScope,
  ResourceServerScope,
  UserPool,
  UserPoolClient,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import type { Scope } from '../../shared/api/endpoint.ts';
import { scopes } from '../../shared/api/index.ts';
import { maxAudience, type StageSettings } from '../config.ts';
import { accept } from './permission.ts';

/** Scopes are `thuphi/<scope>` in tokens. */
export const resourceServer = 'thuphi';

/** What the operator's own client may do: set up, not move money or decide about it. */
const operatorScopes: ReadonlySet<string> = new Set<Scope>([
  'operations:write',
  'audit:read',
  'callbacks:read',
  'catalogue:read',
  'webhooks:read',
  'webhooks:write',
]);

const tokenLifetime = Duration.hours(1);

/**
 * Who may call. Portals, agencies and finance departments are app clients with client credentials, which an operator
 * makes one by one, each with its own scopes, and lists in the stage's settings; the client made here is the operator's
 * own, to begin with.
 */
export class Identity extends Construct {
  readonly issuer: string;
  /** App clients whose tokens count. */
  readonly audience: readonly string[];
  readonly userPoolId: string;
  readonly operatorClientId: string;
  /** Where a client gets its token. */
  readonly tokenEndpoint: string;

  /** Throws when the settings name more clients than an authorizer can know. */
  constructor(scope: Construct, id: string, settings: StageSettings) {
    super(scope, id);
    const pool = new UserPool(this, 'Pool', {
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12,
        requireDigits: true,
        requireLowercase: true,
        requireUppercase: true,
        requireSymbols: true,
      },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      featurePlan: FeaturePlan.ESSENTIALS,
      deletionProtection: settings.deletionProtection,
      removalPolicy: settings.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    accept(
      pool,
      'AwsSolutions-COG8',
      'Callers are machines with client credentials; the few people are invited and have a second factor.',
    );
    // The prefix must be free in the whole region, so the account is part of it.
    const domain = pool.addDomain('Domain', {
      cognitoDomain: { domainPrefix: `thuphi-${settings.stage}-${Aws.ACCOUNT_ID}` },
    });
    this.tokenEndpoint = `${domain.baseUrl()}/oauth2/token`;

    const offered = Object.entries(scopes).map(
      ([scopeName, scopeDescription]) => new ResourceServerScope({ scopeName, scopeDescription }),
    );
    const server = pool.addResourceServer('Server', { identifier: resourceServer, scopes: offered });
    const operator = new UserPoolClient(this, 'Operator', {
      userPool: pool,
      generateSecret: true,
      authFlows: {},
      oAuth: {
        flows: { clientCredentials: true },
        scopes: offered
          .filter(({ scopeName }) => operatorScopes.has(scopeName))
          .map((each) => OAuthScope.resourceServer(server, each)),
      },
      accessTokenValidity: tokenLifetime,
      enableTokenRevocation: true,
    });

    this.issuer = `https://cognito-idp.${Stack.of(this).region}.${Aws.URL_SUFFIX}/${pool.userPoolId}`;
    this.userPoolId = pool.userPoolId;
    this.operatorClientId = operator.userPoolClientId;
    this.audience = [this.operatorClientId, ...settings.audience];
    if (this.audience.length > maxAudience)
      throw new RangeError(`${this.audience.length} clients, and an authorizer knows ${maxAudience} at most`);
  }
}
