import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { NoticeSource, ProviderAnswer, ProviderId, RawCallback } from '../../shared/domain/payment/provider.ts';
import { describeError, type Log } from '../../shared/runtime/log.ts';
import type { Keep } from '../../shared/runtime/logbook.ts';
import { problemAnswer } from '../../shared/runtime/problem.ts';
import { contextOf } from '../../shared/runtime/request-context.ts';
import { confirmOrder } from '../../shared/usecases/confirm-order.ts';
import { type ReceiveCallbackDependencies, receiveCallback } from '../../shared/usecases/receive-callback.ts';
import { type CameTo, callbackRecord } from './callback-record.ts';

type Answer = Promise<APIGatewayProxyStructuredResultV2>;
type CallbackDependencies = ReceiveCallbackDependencies & { log: Log; keep: Keep };

/** Verify, put in the inbox, acknowledge in the provider's own words; and write down what came and what was answered. */
export const callbacks =
  (sources: ReadonlyMap<ProviderId, NoticeSource>, dependencies: CallbackDependencies) =>
  async (event: APIGatewayProxyEventV2): Answer => {
    const source = sources.get(event.pathParameters?.['provider'] ?? '');
    if (!source) return problemAnswer('not_found', contextOf(event));
    const callback = rawCallback(event);
    const answer = await answerTo(source, callback, dependencies);
    dependencies.keep(callbackRecord(source.manifest.id, callback, answer, dependencies.now()));
    return toHttp(answer.answer);
  };

async function answerTo(
  source: NoticeSource,
  callback: RawCallback,
  { log, ...dependencies }: CallbackDependencies,
): Promise<CameTo> {
  const provider = source.manifest.id;
  try {
    const confirmed = await confirmOrder(source, callback, dependencies);
    if (confirmed) {
      const { answer, refusal } = confirmed;
      return refusal ? refused(provider, answer, refusal, log) : { outcome: 'asked', answer, notices: [] };
    }
    const { acknowledgement, answer, refusal, notices } = await receiveCallback(source, callback, dependencies);
    return refusal
      ? refused(provider, answer, refusal, log)
      : { outcome: acknowledgement as CameTo['outcome'], answer, notices };
  } catch (error) {
    // Nothing was taken in, so nothing is acknowledged: the provider comes again by its own rule.
    log.error('callback not taken', { provider, ...describeError(error) });
    return { outcome: 'notTaken', answer: source.acknowledge('tryAgain'), notices: [] };
  }
}

function refused(provider: ProviderId, answer: ProviderAnswer, reason: string, log: Log): CameTo {
  log.warn('callback refused', { provider, refusal: reason });
  return { outcome: 'refused', reason, answer, notices: [] };
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
