import type { Acknowledgement, PaymentProvider, ProviderNotice } from '../../domain/payment/provider.ts';
import {
  bodyText,
  jsonAnswer,
  type Place,
  partsOfSecret,
  plainText,
  readMembers,
  refusing,
  settled,
  terminalIn,
  transactionName,
  wholeDong,
} from '../wire.ts';
import { manifest, PAY_URL, TRUST_UNSIGNED_STATUS } from './manifest.ts';
import { checksum, isSigned, SIGNED } from './signature.ts';

const MAX_DESCRIPTION = 255;

const secret = partsOfSecret(['hashKey1', 'hashKey2']);
const refuse = refusing(manifest.id);

const answers: Record<Acknowledgement, [status: number, code: number, message: string]> = {
  accepted: [200, 0, 'success'],
  duplicate: [200, 0, 'duplicate'],
  wrongAmount: [200, 0, 'recorded'],
  unknownOrder: [200, -1, 'order not found'],
  badSignature: [200, -1, 'invalid check_sum'],
  tryAgain: [503, -1, 'try again'],
};

type Config = Pick<Place, 'stage'> & { payUrl?: string; trustUnsignedStatus?: boolean };

/** KeyPay for the national portal: the browser posts a signed order; the outcome comes as JSON. */
export const keypayDvcqg = ({
  stage,
  payUrl = PAY_URL[stage],
  trustUnsignedStatus = TRUST_UNSIGNED_STATUS,
}: Config): PaymentProvider => ({
  manifest,
  // Everybody who pays has an order under the first key: under the same one it would be a callback.
  acceptsSecret: (text) => secret.accepts(text) && secret.read(text).hashKey1 !== secret.read(text).hashKey2,

  begin(order, account) {
    const fields: Record<string, string> = {
      client_id: account.terminal,
      transaction_id: order.reference,
      trans_amount: String(order.amount),
      command: 'PAY',
      version: '3.0',
      description: plainText(order.description, MAX_DESCRIPTION),
      locale: order.language,
      country_code: '+84',
      currency_code: 'VND',
      environment: '1',
      return_url: order.returnUrl,
      addition_fee: '0',
    };
    const values = SIGNED.map((name) => fields[name] ?? '');
    return {
      kind: 'form',
      url: settled(payUrl),
      fields: { ...fields, check_sum: checksum(values, secret.read(account.secret).hashKey1) },
    };
  },

  terminalOf: (callback) => terminalIn(readMembers(bodyText(callback, refuse), refuse).text('client_id'), refuse),

  read(callback, keys) {
    const evidence = bodyText(callback, refuse);
    const { text } = readMembers(evidence, refuse);
    const key2s = keys.map((key) => secret.read(key).hashKey2);
    if (!isSigned(SIGNED.map(text), text('check_sum'), key2s)) refuse('signature');
    const amount = wholeDong(text('trans_amount'));
    const notice: ProviderNotice = {
      providerId: manifest.id,
      terminal: text('client_id'),
      reference: text('transaction_id').slice(0, 128),
      outcome: trustUnsignedStatus && text('status') === '0' && amount !== null ? 'paid' : 'review',
      amount,
      currency: (text('currency_code') || 'VND').slice(0, 8),
      transactionId: transactionName(text('transaction_id')),
      paidAt: null,
      resultCode: text('status').slice(0, 64),
      evidence,
    };
    return notice;
  },

  acknowledge(acknowledgement) {
    const [status, code, message] = answers[acknowledgement];
    return jsonAnswer(status, { return_code: code, return_msg: message });
  },
});
