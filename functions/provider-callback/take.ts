import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { PaymentProvider, ProviderAnswer, ProviderId } from '../../shared/domain/payment/provider.ts';
import { describeError, type Log } from '../../shared/runtime/log.ts';
import { problemAnswer } from '../../shared/runtime/problem.ts';
import { contextOf } from '../../shared/runtime/request-context.ts';
import { type ReceiveCallbackDependencies, receiveCallback } from '../../shared/usecases/receive-callback.ts';

type CallbackDependencies = ReceiveCallbackDependencies & {
  providers: ReadonlyMap<ProviderId, PaymentProvider>;
  log: Log;
};

/** Verify, put in the inbox, acknowledge in the provider's own words. */
export const takeCallbacks =
  ({ providers, log, ...dependencies }: CallbackDependencies) =>
  async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const provider = providers.get(event.pathParameters?.['provider'] ?? '');
    if (!provider) return problemAnswer('not_found', contextOf(event));
    try {
      const { acknowledgement, answer, refusal } = await receiveCallback(
        provider,
        {
          method: event.requestContext.http.method === 'GET' ? 'GET' : 'POST',
          rawQuery: event.rawQueryString,
          headers: event.headers,
          body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
        },
        dependencies,
      );
      if (refusal) log.warn('callback refused', { provider: provider.manifest.id, refusal });
      else log.info('callback', { provider: provider.manifest.id, acknowledgement });
      return toHttp(answer);
    } catch (error) {
      // Nothing was taken in, so nothing is acknowledged: the provider comes again by its own rule.
      log.error('callback not taken', { provider: provider.manifest.id, ...describeError(error) });
      return toHttp(provider.acknowledge('tryAgain'));
    }
  };

function toHttp({ status, contentType, body }: ProviderAnswer): APIGatewayProxyStructuredResultV2 {
  return { statusCode: status, headers: { 'content-type': contentType, 'cache-control': 'no-store' }, body };
}
