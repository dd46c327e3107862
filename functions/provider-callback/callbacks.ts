import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { NoticeSource, ProviderAnswer, ProviderId, RawCallback } from '../../shared/domain/payment/provider.ts';
import { describeError, type Log } from '../../shared/runtime/log.ts';
import { problemAnswer } from '../../shared/runtime/problem.ts';
import { contextOf } from '../../shared/runtime/request-context.ts';
import { confirmOrder } from '../../shared/usecases/confirm-order.ts';
import { type ReceiveCallbackDependencies, receiveCallback } from '../../shared/usecases/receive-callback.ts';

type Answer = Promise<APIGatewayProxyStructuredResultV2>;
type CallbackDependencies = ReceiveCallbackDependencies & { log: Log };

/** Verify, put in the inbox, acknowledge in the provider's own words. */
export const callbacks =
  (sources: ReadonlyMap<ProviderId, NoticeSource>, dependencies: CallbackDependencies) =>
  async (event: APIGatewayProxyEventV2): Answer => {
    const source = sources.get(event.pathParameters?.['provider'] ?? '');
    if (!source) return problemAnswer('not_found', contextOf(event));
    try {
      return toHttp(await answerTo(source, rawCallback(event), dependencies));
    } catch (error) {
      // Nothing was taken in, so nothing is acknowledged: the provider comes again by its own rule.
      dependencies.log.error('callback not taken', { provider: source.manifest.id, ...describeError(error) });
      return toHttp(source.acknowledge('tryAgain'));
    }
  };

async function answerTo(
  source: NoticeSource,
  callback: RawCallback,
  { log, ...dependencies }: CallbackDependencies,
): Promise<ProviderAnswer> {
  const provider = source.manifest.id;
  const confirmed = await confirmOrder(source, callback, dependencies);
  if (confirmed) {
    log.info('order asked about', { provider, refusal: confirmed.refusal });
    return confirmed.answer;
  }
  const { acknowledgement, answer, refusal } = await receiveCallback(source, callback, dependencies);
  if (refusal) log.warn('callback refused', { provider, refusal });
  else log.info('callback', { provider, acknowledgement });
  return answer;
}

/** The request as it came in: nothing decoded, nothing normalised. */
function rawCallback(event: APIGatewayProxyEventV2): RawCallback {
  return {
    method: event.requestContext.http.method === 'GET' ? 'GET' : 'POST',
    rawQuery: event.rawQueryString,
    headers: event.headers,
    body: Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'),
  };
}

function toHttp({ status, contentType, body }: ProviderAnswer): APIGatewayProxyStructuredResultV2 {
  const headers = { 'cache-control': 'no-store', ...(body !== '' && { 'content-type': contentType }) };
  return { statusCode: status, headers, body };
}
