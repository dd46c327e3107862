import type { APIGatewayProxyEventV2 } from 'aws-lambda';

export type AskedFor = {
  path?: string;
  query?: string;
  headers?: Record<string, string>;
  params?: Record<string, string>;
  body?: string;
  base64?: boolean;
  /** Of the token that the gateway's authorizer has verified. */
  claims?: Record<string, string>;
};

/** A request as the gateway passes it on: the path decoded, the query as sent, header names in lower case. */
export function httpEvent(routeKey: string, asked: AskedFor = {}): APIGatewayProxyEventV2 {
  return {
    version: '2.0',
    routeKey,
    rawPath: asked.path ?? routeKey.split(' ')[1] ?? '/',
    rawQueryString: asked.query ?? '',
    headers: asked.headers ?? {},
    ...(asked.params && { pathParameters: asked.params }),
    requestContext: {
      requestId: 'gateway-1',
      http: { method: routeKey.split(' ')[0] },
      ...(asked.claims && { authorizer: { jwt: { claims: asked.claims } } }),
    },
    ...(asked.body !== undefined && { body: asked.body }),
    isBase64Encoded: asked.base64 ?? false,
  } as unknown as APIGatewayProxyEventV2;
}
