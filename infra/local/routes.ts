import { UnsupportedTemplate } from './failures.ts';
import type { Declared, System } from './system.ts';

/** One route of the HTTP API, with what it leads to. */
export type Route = {
  key: string;
  method: string;
  /** Undefined for `$default`. */
  segments: readonly string[] | undefined;
  functionArn: string;
  timeoutMilliseconds: number;
  /** Undefined: public. */
  authorizer: Declared<'AWS::ApiGatewayV2::Authorizer'> | undefined;
  scopes: readonly string[];
};

export type Match = { route: Route; pathParameters: Record<string, string> };

const GREEDY = /^\{([^}+]+)\+\}$/;
const PARAMETER = /^\{([^}+]+)\}$/;

/** Routes of the template's HTTP API. Throws {@link UnsupportedTemplate} when one leads to nothing that is declared. */
export function routesOf(system: System): Route[] {
  const integrations = system.all('AWS::ApiGatewayV2::Integration');
  const authorizers = system.all('AWS::ApiGatewayV2::Authorizer');
  const problems: string[] = [];
  const routes = system.all('AWS::ApiGatewayV2::Route').flatMap((one): Route[] => {
    const { RouteKey, Target, AuthorizationType, AuthorizerId, AuthorizationScopes } = one.properties;
    const integration = integrations.find(({ ref }) => Target === `integrations/${ref}`);
    const functionArn = integration && functionArnIn(integration.properties.IntegrationUri);
    const authorizer = AuthorizationType === 'JWT' ? authorizers.find(({ ref }) => ref === AuthorizerId) : undefined;
    const known = functionArn && system.byAttribute('AWS::Lambda::Function', 'Arn', functionArn);
    if (!integration || !functionArn || !known || (AuthorizationType === 'JWT' && !authorizer)) {
      problems.push(`${one.stack}/${one.logicalId}: route ${RouteKey} leads to no function, or has no authorizer`);
      return [];
    }
    const [method = '', path] = RouteKey.split(' ');
    return [
      {
        key: RouteKey,
        method,
        segments: path?.split('/').slice(1),
        functionArn,
        timeoutMilliseconds: integration.properties.TimeoutInMillis,
        authorizer,
        scopes: AuthorizationScopes,
      },
    ];
  });
  if (problems.length > 0) throw new UnsupportedTemplate(problems);
  return routes.sort(moreSpecificFirst);
}

/** A function's ARN, alone or inside the URI that invokes it. */
function functionArnIn(uri: string): string | undefined {
  return /arn:aws:lambda:[^:]+:\d+:function:[A-Za-z0-9_-]+/.exec(uri)?.[0];
}

const rank = (segment: string | undefined): number => {
  if (segment === undefined) return 3;
  if (GREEDY.test(segment)) return 2;
  return PARAMETER.test(segment) ? 1 : 0;
};

/** As API Gateway chooses: text before parameter before greedy parameter, segment by segment; a method before ANY. */
function moreSpecificFirst(one: Route, other: Route): number {
  if (!one.segments || !other.segments) return Number(!one.segments) - Number(!other.segments);
  for (let at = 0; at < Math.max(one.segments.length, other.segments.length); at += 1) {
    const difference = rank(one.segments[at]) - rank(other.segments[at]);
    if (difference !== 0) return difference;
  }
  return Number(one.method === 'ANY') - Number(other.method === 'ANY');
}

/** The route for a request; undefined when there is none. `segments` are those of the path, decoded. */
export function matchRoute(routes: readonly Route[], method: string, segments: readonly string[]): Match | undefined {
  for (const route of routes) {
    if (!route.segments) return { route, pathParameters: {} };
    if (route.method !== method && route.method !== 'ANY') continue;
    const pathParameters = matchSegments(route.segments, segments);
    if (pathParameters) return { route, pathParameters };
  }
  return undefined;
}

function matchSegments(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [at, wanted] of pattern.entries()) {
    const found = segments[at];
    const greedy = GREEDY.exec(wanted)?.[1];
    if (greedy !== undefined) {
      if (!found) return undefined;
      return { ...parameters, [greedy]: segments.slice(at).join('/') };
    }
    const parameter = PARAMETER.exec(wanted)?.[1];
    if (found === undefined) return undefined;
    if (parameter === undefined) {
      if (found !== wanted) return undefined;
    } else if (found === '') return undefined;
    else parameters[parameter] = found;
  }
  return segments.length === pattern.length ? parameters : undefined;
}
