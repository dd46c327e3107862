import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  type CfnRoute,
  type CfnStage,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpRoute,
  type HttpRouteIntegration,
  HttpRouteKey,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type HttpFunctionName, httpApi } from '../../shared/api/index.ts';
import { alarmPeriod } from './alarm-topic.ts';
import { type Identity, resourceServer } from './identity.ts';
import { accept } from './permission.ts';
import type { Setting } from './setting.ts';

/** Longer than any function behind it may take, shorter than what API Gateway allows. */
const integrationTimeout = Duration.seconds(29);

/**
 * Without address, query or path: a query may hold a provider's signed data, a path a payer's page. The route, the
 * client and the request's id are enough to find our own log lines.
 */
const accessLogLine = {
  requestId: '$context.requestId',
  time: '$context.requestTimeEpoch',
  route: '$context.routeKey',
  status: '$context.status',
  clientId: '$context.authorizer.claims.client_id',
  refusedBecause: '$context.authorizer.error',
  failedBecause: '$context.integrationErrorMessage',
  latencyMs: '$context.responseLatency',
  integrationMs: '$context.integrationLatency',
  bytes: '$context.responseLength',
};

/** The one door for HTTP: routes and scopes are those of the contract, nothing else is answered. */
export class HttpGateway extends Construct {
  readonly #api: HttpApi;
  readonly #authorizer: HttpJwtAuthorizer;
  readonly #stage: CfnStage;
  /** The functions behind it, by the name in the contract. */
  readonly served = new Map<HttpFunctionName, LambdaFunction>();
  /** What functions and callers use. Without a slash at the end. */
  readonly url: string;
  /** API Gateway's own address; where it is closed, the id of the API, to which a domain is mapped all the same. */
  readonly endpoint: string;

  constructor(scope: Construct, id: string, { setting, identity }: { setting: Setting; identity: Identity }) {
    super(scope, id);
    const { settings, alarms } = setting;
    if (settings.closeOwnAddress && !settings.publicUrl) throw new Error('closeOwnAddress wants a publicUrl');
    this.#api = new HttpApi(this, 'Api', {
      apiName: `thuphi-${settings.stage}`,
      ...(settings.closeOwnAddress && { disableExecuteApiEndpoint: true }),
      createDefaultStage: false,
    });
    this.endpoint = settings.closeOwnAddress ? this.#api.apiId : this.#api.apiEndpoint;
    this.url = settings.publicUrl ?? this.endpoint;
    // Cognito's access tokens have no `aud`; API Gateway compares `client_id` then.
    this.#authorizer = new HttpJwtAuthorizer('Tokens', identity.issuer, { jwtAudience: [...identity.audience] });

    const stage = new HttpStage(this, 'Stage', {
      httpApi: this.#api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: settings.throttle.rate, burstLimit: settings.throttle.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(
          new LogGroup(this, 'AccessLogs', {
            retention: settings.logRetention,
            removalPolicy: settings.deletionProtection ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
          }),
        ),
        format: AccessLogFormat.custom(JSON.stringify(accessLogLine)),
      },
    });

    this.#stage = stage.node.defaultChild as CfnStage;
    alarms.watch(this, 'ServerErrorsAlarm', {
      metric: this.#api.metricServerError({ period: alarmPeriod, statistic: 'Sum' }),
      atLeast: 1,
      impact: 'Callers get 5xx: portals cannot start payments, or banks cannot deliver their callbacks.',
      lookAt: 'the access log by route and status, then the function behind that route.',
    });
  }

  /**
   * Opens the routes that the contract gives to this function; each wants its scope. Throws when one has none and the
   * function has no reason to be public.
   */
  serve(name: HttpFunctionName, handler: LambdaFunction): void {
    this.served.set(name, handler);
    const integration: HttpRouteIntegration = new HttpLambdaIntegration(`${name}-integration`, handler, {
      timeout: integrationTimeout,
      // One permission for the API: a permission a route would outgrow the 20 kB of a function's policy.
      scopePermissionToRoute: false,
    });
    for (const { method, path, scope } of httpApi[name]) {
      const route = (authorizer: IHttpRouteAuthorizer, authorizationScopes: string[] = []): HttpRoute =>
        // With its function, in whatever stack that is.
        new HttpRoute(handler, `${method}${path}`, {
          ...{ httpApi: this.#api, routeKey: HttpRouteKey.with(path, HttpMethod[method]), integration },
          ...{ authorizer, authorizationScopes },
        });
      if (scope) {
        route(this.#authorizer, [`${resourceServer}/${scope}`]);
        continue;
      }
      const reason = publicBecause[name];
      if (!reason) throw new Error(`${method} ${path} of ${name} has no scope, and ${name} has no reason to be public`);
      const limit = limited[name];
      const open = route(new HttpNoneAuthorizer());
      accept(open, 'AwsSolutions-APIG4', reason);
      if (limit) this.#limit(`${method} ${path}`, limit, open.node.defaultChild as CfnRoute);
    }
  }

  /** Holds one route to a rate of its own; the stage must know of the route first. */
  #limit(key: string, { rate, burst }: { rate: number; burst: number }, route: CfnRoute): void {
    this.#stage.addPropertyOverride(`RouteSettings.${key.replaceAll('.', '\\.')}`, {
      ThrottlingRateLimit: rate,
      ThrottlingBurstLimit: burst,
    });
    this.#stage.addResourceDependency(route);
  }
}

/** Requests a second, and at once, of each route of a function that anybody may try codes at. */
const limited: Partial<Record<HttpFunctionName, { rate: number; burst: number }>> = {
  'check-receipt': { rate: 50, burst: 100 },
};

/** Which functions may have routes without a token, and why. */
const publicBecause: Partial<Record<HttpFunctionName, string>> = {
  'api-docs': 'Documentation and health: the same for everybody, nothing of anybody.',
  'provider-callback': "Banks hold no token of ours: the function verifies the provider's signature before all else.",
  'check-receipt': 'Whoever holds a receipt may ask whether it stands; an unguessable code is all that is answered to.',
  'receipts-api': 'A print is opened by a link that was signed for a quarter of an hour; all else needs a token.',
  'dialect-dvcqg': "Portals that speak it hold no token: the function verifies the portal's signature before all else.",
  'sandbox-bank': 'A bank that pays with no money, for trying things out; production has none.',
};
