import type { PaymentProvider } from '../../domain/payment/provider.ts';
import { transferCode } from '../../domain/payment/transfer-code.ts';
import { partsOfSecret, refusing, textAnswer } from '../wire.ts';
import { RECEIVING_BANKS } from './banks.ts';
import { manifest } from './manifest.ts';
import { vietQr } from './payload.ts';

const secret = partsOfSecret(['bankBin']);
const refuse = refusing(manifest.id);

/** A bank transfer: the citizen's own bank reads the code. Whoever watches the account tells of the credit. */
export const vietqr = (): PaymentProvider => ({
  manifest,
  acceptsSecret: (text) => secret.accepts(text) && RECEIVING_BANKS.has(secret.read(text).bankBin),

  begin: (order, account) => ({
    kind: 'qr',
    payload: vietQr({
      bankBin: secret.read(account.secret).bankBin,
      account: account.terminal,
      amount: order.amount,
      purpose: transferCode(order.reference),
    }),
  }),

  // Nobody calls back under this name: whatever arrives is nobody's word.
  terminalOf: () => refuse('unknownTerminal'),
  read: () => refuse('unknownTerminal'),
  acknowledge: () => textAnswer(401, ''),
});
