import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { PaymentProvider, ProviderAnswer } from '../../shared/domain/payment/provider.ts';
import { providersOf } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { ProviderCallbackEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { describeError, log } from '../../shared/runtime/log.ts';
import { problemAnswer } from '../../shared/runtime/problem.ts';
import { MessageQueue } from '../../shared/runtime/queue.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { contextOf } from '../../shared/runtime/request-context.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { InvoiceStore } from '../../shared/store/invoice-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { receiveCallback } from '../../shared/usecases/receive-callback.ts';

const environment = readEnvironment(ProviderCallbackEnvironment, process.env);
const db = documentClient();
const dependencies = {
  registry: cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now),
  secrets: new SecretStore(environment.SECRET_PREFIX, Date.now),
  invoices: new InvoiceStore(db, environment.INVOICES_TABLE),
  inbox: new MessageQueue(environment.INBOX_QUEUE_URL),
  now: Date.now,
};
// A callback is read by whoever sent it, so where citizens are sent plays no part here.
const providers = providersOf(environment.STAGE, '');

/** Verify, put in the inbox, acknowledge in the provider's own words. */
export async function handler(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
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
    return comeAgain(provider, error);
  }
}

/** Nothing was taken in, so nothing is acknowledged: the provider comes again by its own rule. */
function comeAgain(provider: PaymentProvider, error: unknown): APIGatewayProxyStructuredResultV2 {
  log.error('callback not taken', { provider: provider.manifest.id, ...describeError(error) });
  return toHttp(provider.acknowledge('tryAgain'));
}

function toHttp({ status, contentType, body }: ProviderAnswer): APIGatewayProxyStructuredResultV2 {
  return { statusCode: status, headers: { 'content-type': contentType, 'cache-control': 'no-store' }, body };
}
