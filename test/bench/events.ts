import { createHmac, randomUUID } from 'node:crypto';

/** What reaches the functions, as the gateway and VNPAY send it. */

export const AGENCY = 'H29.12';
export const CLIENT = 'bench-portal';
export const TERMINAL = 'BENCH001';
export const TERMINAL_SECRET = 'BENCHBENCHBENCHBENCHBENCHBENCH01';

export function httpEvent(
  routeKey: string,
  pathParameters: Record<string, string>,
  body: unknown,
  rawQueryString = '',
  idempotencyKey: string = randomUUID(),
) {
  const [method] = routeKey.split(' ');
  return {
    version: '2.0',
    routeKey,
    rawPath: routeKey,
    rawQueryString,
    headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
    pathParameters,
    requestContext: {
      requestId: 'bench',
      http: { method },
      authorizer: { jwt: { claims: { client_id: CLIENT, sub: CLIENT } } },
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    isBase64Encoded: false,
  };
}

/** A signed IPN of VNPAY for a payment, as long as real ones are. */
export function signedIpn(reference: string, dong: number, transaction: string): string {
  const text = new URLSearchParams({
    vnp_Amount: String(dong * 100),
    vnp_BankCode: 'NCB',
    vnp_BankTranNo: `VNP${transaction}`,
    vnp_CardType: 'ATM',
    vnp_OrderInfo: `Thanh toan hoa don ${reference.slice(0, 12)}`,
    vnp_PayDate: '20261122101500',
    vnp_ResponseCode: '00',
    vnp_TmnCode: TERMINAL,
    vnp_TransactionNo: transaction,
    vnp_TransactionStatus: '00',
    vnp_TxnRef: reference,
  }).toString();
  return `${text}&vnp_SecureHash=${createHmac('sha512', TERMINAL_SECRET).update(text).digest('hex')}`;
}
