import { hmac, isOneOf } from '../wire.ts';

/** The mac of ZaloPay v2: HMAC-SHA256, lower-case hex; key1 over values joined by `|`, key2 over a callback's data as sent. */

/** Signed members of each call, in order. */
export const SIGNED = {
  create: ['app_id', 'app_trans_id', 'app_user', 'amount', 'app_time', 'embed_data', 'item'],
  refund: ['app_id', 'zp_trans_id', 'amount', 'refund_fee_amount', 'description', 'timestamp'],
  queryRefund: ['app_id', 'm_refund_id', 'timestamp'],
} as const;

/** Absent members leave no gap: a refund without a fee is signed as if there were no such member. */
export function signedText(call: keyof typeof SIGNED, body: Readonly<Record<string, string | number>>): string {
  return SIGNED[call].flatMap((name) => (name in body ? [body[name]] : [])).join('|');
}

export const mac = (key: string, text: string): string => hmac('sha256', key, text).toString('hex');

/** `data` exactly as received: never written anew. */
export function isSigned(data: string, given: string, keys: readonly string[]): boolean {
  return isOneOf(
    given,
    keys.map((key) => mac(key, data)),
  );
}
