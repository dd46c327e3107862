import type { Acknowledgement, NoticeSource, RawCallback } from '../../domain/payment/provider.ts';
import { readSpacedVietnamTime } from '../../domain/time.ts';
import { transferNotice } from '../transfer-notice.ts';
import { bodyText, header, jsonAnswer, readMembers, refusing, terminalIn } from '../wire.ts';
import { manifest } from './manifest.ts';
import { isSigned } from './signature.ts';

const SECRET_FORM = /^[!-~]{8,256}$/;
const refuse = refusing(manifest.id);

/** Money that fits nothing is in the books, so it ends there too. */
const statuses: Record<Acknowledgement, number> = {
  accepted: 200,
  duplicate: 200,
  wrongAmount: 200,
  unknownOrder: 200,
  badSignature: 401,
  tryAgain: 503,
};

/**
 * Casso: posts each credit and debit on a bank account, one a call. The signed time has no published window and a retry may
 * carry the first call's, so an old notice is read as any other: its money has a name and is entered once.
 */
export const casso = (): NoticeSource => ({
  manifest,
  acceptsSecret: (secret) => SECRET_FORM.test(secret),

  terminalOf: (callback) => terminalIn(readCallback(callback).data.text('accountNumber'), refuse),

  read(callback, keys) {
    const { text, data } = readCallback(callback);
    if (!isSigned(header(callback, 'x-casso-signature'), text, keys)) refuse('signature');
    const amount = data.text('amount');
    return transferNotice(
      {
        account: data.text('accountNumber'),
        reference: data.text('reference'),
        amount,
        incoming: !amount.startsWith('-'),
        texts: [data.text('description')],
        paidAt: readSpacedVietnamTime(data.text('transactionDateTime')) ?? null,
        noticeId: data.text('id'),
      },
      text,
      refuse,
    );
  },

  acknowledge: (acknowledgement) =>
    jsonAnswer(statuses[acknowledgement], { success: statuses[acknowledgement] === 200 }),
});

function readCallback(callback: RawCallback) {
  const text = bodyText(callback, refuse);
  return { text, data: readMembers(text, refuse).object('data') ?? refuse('malformed') };
}
