import { hmac, isOneOf } from '../wire.ts';

/** The signature of MoMo AIO v2: HMAC-SHA256 over `k=v&` in a fixed order, values as they read, lower-case hex. */

/** Signed members by message, in the order in which they are signed. The access key comes first and is never sent back. */
export const SIGNED = {
  create: 'amount extraData ipnUrl orderId orderInfo partnerCode redirectUrl requestId requestType',
  notice:
    'amount extraData message orderId orderInfo orderType partnerCode payType requestId responseTime resultCode transId',
  query: 'orderId partnerCode requestId',
  refund: 'amount description orderId partnerCode requestId transId',
  createdWithMessage: 'amount message orderId partnerCode payUrl requestId responseTime resultCode',
  createdWithoutMessage: 'amount orderId partnerCode payUrl requestId responseTime resultCode',
} as const;

export type Keys = { accessKey: string; secretKey: string };

export function signedText(message: keyof typeof SIGNED, value: (name: string) => string, accessKey: string): string {
  const pairs = SIGNED[message].split(' ').map((name) => `${name}=${value(name)}`);
  return [`accessKey=${accessKey}`, ...pairs].join('&');
}

export function sign(message: keyof typeof SIGNED, value: (name: string) => string, keys: Keys): string {
  return hmac('sha256', keys.secretKey, signedText(message, value, keys.accessKey)).toString('hex');
}

/**
 * The text of an order of ours, cut otherwise: its address to return to is the portal's own and may hold whole members. An
 * order and a notice part after extraData, so a sign between members up to there is none of MoMo's.
 */
const isCutAnew = (value: (name: string) => string): boolean =>
  ['amount', 'extraData'].some((name) => value(name).includes('&'));

export function isSigned(
  message: keyof typeof SIGNED,
  value: (name: string) => string,
  signature: string,
  keys: readonly Keys[],
): boolean {
  if (message === 'notice' && isCutAnew(value)) return false;
  return isOneOf(
    signature,
    keys.map((one) => sign(message, value, one)),
  );
}
