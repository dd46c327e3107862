import { Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { emptyApp } from '../../infra/app.ts';
import { maxAudience, stages } from '../../infra/config.ts';
import { Identity } from '../../infra/constructs/identity.ts';
import { type HttpFunctionName, httpApi, scopes } from '../../shared/api/index.ts';
import { Synthesized } from './synthesized.ts';

type RouteProperties = {
  RouteKey: string;
  AuthorizationType: string;
  AuthorizationScopes?: string[];
  AuthorizerId?: unknown;
  Target: unknown;
};
type IntegrationProperties = {
  IntegrationUri: unknown;
  PayloadFormatVersion: string;
  TimeoutInMillis: number;
};
type StageProperties = {
  StageName: string;
  DefaultRouteSettings?: { ThrottlingBurstLimit: number; ThrottlingRateLimit: number };
  AccessLogSettings?: { Format: string };
};

const short = (id: string): string => id.replace(/[0-9A-F]{8}$/, '');

describe.each(['sandbox', 'production'] as const)('the HTTP interface of %s', (stage) => {
  const stacks = new Synthesized(stage);
  const routes = stacks.all<RouteProperties>('AWS::ApiGatewayV2::Route');
  const integrations = stacks.all<IntegrationProperties>('AWS::ApiGatewayV2::Integration');
  const names = (Object.keys(httpApi) as HttpFunctionName[]).filter(
    (name) => stage !== 'production' || name !== 'sandbox-bank',
  );

  it('has the routes of the contract with their scopes, and nothing more', () => {
    const contract = names.flatMap((name) =>
      httpApi[name].map(({ method, path, scope }) => ({
        route: `${method} ${path}`,
        type: scope ? 'JWT' : 'NONE',
        scopes: scope ? [`thuphi/${scope}`] : [],
        answeredBy: stacks.function(name).id,
      })),
    );
    const template = routes.map(({ properties }) => {
      const target = stacks.plain(properties.Target);
      const integration = integrations.find(({ id }) => target === `integrations/<${short(id)}>`);
      const uri = stacks.plain(integration?.properties.IntegrationUri);
      return {
        route: properties.RouteKey,
        type: properties.AuthorizationType,
        scopes: properties.AuthorizationScopes ?? [],
        answeredBy: stacks.all('AWS::Lambda::Function').find(({ id }) => uri === `<${short(id)}.Arn>`)?.id,
      };
    });
    const byRoute = (a: { route: string }, b: { route: string }) => (a.route < b.route ? -1 : 1);
    expect(template.sort(byRoute)).toEqual(contract.sort(byRoute));
  });

  it('asks for a token wherever a scope is wanted', () => {
    for (const { properties } of routes.filter(({ properties: { AuthorizationType } }) => AuthorizationType === 'JWT'))
      expect(stacks.plain(properties.AuthorizerId)).toBe('<GatewayApiTokens>');
  });

  it('speaks payload format 2.0 and waits longer than any function takes', () => {
    for (const { properties } of integrations) {
      expect(properties.PayloadFormatVersion).toBe('2.0');
      expect(properties.TimeoutInMillis).toBe(29_000);
    }
  });

  it('believes the tokens of its own user pool, for known clients', () => {
    type AuthorizerProperties = { JwtConfiguration: { Issuer: unknown; Audience: unknown[] } };
    const [authorizer, ...others] = stacks.all<AuthorizerProperties>('AWS::ApiGatewayV2::Authorizer');
    expect(others).toEqual([]);
    const { Issuer, Audience = [] } = authorizer?.properties.JwtConfiguration ?? {};
    expect(stacks.plain(Issuer)).toBe('https://cognito-idp.ap-southeast-1.<AWS::URLSuffix>/<IdentityPool>');
    expect(Audience.map((client) => stacks.plain(client))).toEqual(['<IdentityOperator>']);
  });

  it('tells whoever deploys it where it is, where tokens are, and who may begin', () => {
    const told = Object.entries(stacks.outputs).map(([name, value]) => [name, stacks.plain(value)]);
    expect(Object.fromEntries(told)).toEqual({
      ApiUrl: '<GatewayApi.ApiEndpoint>',
      TokenEndpoint: 'https://<IdentityPoolDomain>.auth.ap-southeast-1.amazoncognito.com/oauth2/token',
      UserPoolId: '<IdentityPool>',
      OperatorClientId: '<IdentityOperator>',
    });
  });

  it('refuses more clients than an authorizer can know, at synthesis', () => {
    const identityWith = (clients: number) => {
      const audience = Array.from({ length: clients }, (_, index) => `client${index}`);
      return new Identity(new Stack(emptyApp(), 'Stack'), 'Identity', { ...stages[stage], audience });
    };
    expect(identityWith(maxAudience - 1).audience.length).toBe(maxAudience);
    expect(() => identityWith(maxAudience)).toThrow(RangeError);
  });

  it('offers every scope of the contract, and the operator none that moves or decides money', () => {
    type ServerProperties = { Identifier: string; Scopes: { ScopeName: string }[] };
    const [server] = stacks.all<ServerProperties>('AWS::Cognito::UserPoolResourceServer');
    expect(server?.properties.Identifier).toBe('thuphi');
    expect(server?.properties.Scopes.map(({ ScopeName }) => ScopeName)).toEqual(Object.keys(scopes));

    type ClientProperties = { AllowedOAuthFlows: string[]; AllowedOAuthScopes: unknown[]; GenerateSecret: boolean };
    const [operator, ...others] = stacks.all<ClientProperties>('AWS::Cognito::UserPoolClient');
    expect(others).toEqual([]);
    expect(operator?.properties).toMatchObject({ AllowedOAuthFlows: ['client_credentials'], GenerateSecret: true });
    const granted = operator?.properties.AllowedOAuthScopes.map((each) => stacks.plain(each).split('/').at(-1)) ?? [];
    expect(granted).toContain('operations:write');
    expect(
      granted.filter((scope) => /^(invoices|payments|refunds|reconciliation|statements):/.test(scope ?? '')),
    ).toEqual([]);
  });

  it('limits callers, and logs them without address, path or query', () => {
    const [stageOfApi] = stacks.all<StageProperties>('AWS::ApiGatewayV2::Stage');
    expect(stageOfApi?.properties.StageName).toBe('$default');
    expect(stageOfApi?.properties.DefaultRouteSettings?.ThrottlingRateLimit).toBeGreaterThan(0);
    expect(stageOfApi?.properties.DefaultRouteSettings?.ThrottlingBurstLimit).toBeGreaterThan(0);
    const line = JSON.parse(stageOfApi?.properties.AccessLogSettings?.Format ?? '{}') as Record<string, string>;
    expect(line['requestId']).toBe('$context.requestId');
    expect(Object.values(line).join(' ')).not.toMatch(/sourceIp|userAgent|querystring|\.path|\.http/i);
  });
});
