import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { lookUpDvcqg } from '../../shared/api/dialects.ts';
import type { ProblemCode } from '../../shared/api/problems.ts';
import { DossierCode } from '../../shared/domain/identity/codes.ts';
import { invoiceId, printedNumber } from '../../shared/domain/invoice/number.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { DialectConnection, dialectSecretName } from '../../shared/domain/registry/dialect.ts';
import { compactVietnamTime, type Instant } from '../../shared/domain/time.ts';
import { receiptOf } from '../../shared/providers/dvcqg/receipt.ts';
import { plainText } from '../../shared/providers/wire.ts';
import { callerOf } from '../../shared/runtime/callers.ts';
import { describeError, log } from '../../shared/runtime/log.ts';
import { keep } from '../../shared/runtime/logbook.ts';
import { keepRead } from '../../shared/runtime/logged-calls.ts';
import { problemAnswer } from '../../shared/runtime/problem.ts';
import { contextOf, requestIdOf } from '../../shared/runtime/request-context.ts';
import { type DialectBill, lookUpDossier } from '../../shared/usecases/dialect-order.ts';
import type { FunctionDependencies } from './dialect.ts';
import { DialectRefusal, readMessage } from './messages.ts';

type Claims = { authorizer?: { jwt?: { claims?: unknown } } };
const MAX_TEXT = 255;

/** The look-up's own codes: nothing is known of the dossier, nothing of it is due, and what is. */
const CODES = { unknown: -1, nothingDue: 0, due: 1 } as const;
/** Refusals that a portal hears as a dossier of which nothing is known. */
const UNKNOWN: ReadonlySet<string> = new Set<ProblemCode>(['not_found', 'unprocessable']);

/**
 * What is due for `{MaHoSo}`. The message itself is signed by nobody, so the route asks for a token: whoever asks is a client
 * that speaks the dialect, and sees its own agencies' dossiers and no others.
 */
export async function lookUp(
  event: APIGatewayProxyEventV2,
  dependencies: FunctionDependencies,
): Promise<APIGatewayProxyStructuredResultV2> {
  const answer = (statusCode: number, body: object): APIGatewayProxyStructuredResultV2 => ({
    statusCode,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': requestIdOf(event),
    },
    body: JSON.stringify(body),
  });
  try {
    const claims = (event.requestContext as Claims).authorizer?.jwt?.claims;
    const caller = await callerOf(claims, dependencies.registry);
    const connection = await connectionOf(caller, dependencies);
    const { text } = readMessage(Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'));
    const dossier = DossierCode.safeParse(text('MaHoSo')).data;
    const found = dossier === undefined ? 'unknown' : await lookUpDossier(dossier, connection, caller, dependencies);
    log.info('dossier looked up', { client: caller.clientId, found: typeof found === 'string' ? found : 'due' });
    if (found === 'unknown') return answer(200, { error_code: CODES.unknown });
    const shown = typeof found === 'string' ? {} : { invoiceId: invoiceId(found.invoice.number) };
    keepRead(lookUpDvcqg, { params: {}, query: {}, body: { dossierCode: dossier }, caller }, shown, keep);
    if (found === 'nothingDue') return answer(200, { error_code: CODES.nothingDue, message: [] });
    return answer(200, { error_code: CODES.due, message: billOf(found, dependencies.now()) });
  } catch (error) {
    if (error instanceof Refusal && error.code === 'forbidden') return problemAnswer('forbidden', contextOf(event));
    // Asked wrongly, or for what the client may not see: no fault of ours, and the same again is answered the same.
    if (error instanceof DialectRefusal || (error instanceof Refusal && UNKNOWN.has(error.code))) {
      log.warn('dossier look-up refused', { code: error instanceof Refusal ? error.code : 'dialect' });
      return answer(200, { error_code: CODES.unknown });
    }
    log.error('dossier not looked up', describeError(error));
    return answer(503, { error_code: CODES.unknown });
  }
}

async function connectionOf(
  { clientId }: Caller,
  { secrets }: Pick<FunctionDependencies, 'secrets'>,
): Promise<DialectConnection> {
  const stored = await secrets.read(dialectSecretName(clientId));
  if (stored === undefined) throw new Refusal('forbidden');
  return DialectConnection.parse(JSON.parse(stored));
}

/** As ThongTinBienLai of an order; its MaThamChieu, sent back in an INIT, pays this invoice. */
function billOf({ invoice, account, bank }: DialectBill, at: Instant): object {
  const description = plainText(`THANH TOAN HO SO ${invoice.dossierCode}`, MAX_TEXT);
  return {
    MaTraCuuTT: `${invoice.dossierCode}${compactVietnamTime(at)}`,
    MaThamChieu: printedNumber(invoice.number),
    SoTien: String(invoice.due),
    // Who pays is named, not numbered: as wherever an invoice is read.
    ...receiptOf(
      { bill: { ...invoice, payer: { name: invoice.payer.name } }, amount: invoice.due, description },
      { account, bank },
    ),
  };
}
