import type { Acknowledgement, NoticeSource, RawCallback } from '../../domain/payment/provider.ts';
import { type Instant, readSpacedVietnamTime, SECOND_MILLISECONDS } from '../../domain/time.ts';
import { transferNotice } from '../transfer-notice.ts';
import { bodyText, header, jsonAnswer, partsOfSecret, readMembers, refusing, terminalIn } from '../wire.ts';
import { manifest } from './manifest.ts';
import { bearsKey, isSigned } from './signature.ts';

/** How far a notice's time may be from now, either way. Source: developer.sepay.vn, webhook signature. */
export const WINDOW_MILLISECONDS = 5 * 60 * SECOND_MILLISECONDS;
const TIMESTAMP_FORM = /^[1-9][0-9]{9}$/;

const signing = partsOfSecret(['webhookSecret']);
const bearing = partsOfSecret(['apiKey']);
const refuse = refusing(manifest.id);

/** Another status than 2xx makes SePay try again. Money that fits nothing is in the books, so it ends there too. */
const statuses: Record<Acknowledgement, number> = {
  accepted: 200,
  duplicate: 200,
  wrongAmount: 200,
  unknownOrder: 200,
  badSignature: 401,
  tryAgain: 503,
};

/** SePay: posts each credit and debit on a bank account. */
export const sepay = (): NoticeSource => ({
  manifest,
  acceptsSecret: (secret) => signing.accepts(secret) || bearing.accepts(secret),

  terminalOf: (callback) => terminalIn(readMembers(bodyText(callback, refuse), refuse).text('accountNumber'), refuse),

  read(callback, keys, now) {
    const text = bodyText(callback, refuse);
    verify(callback, keys, now);
    const members = readMembers(text, refuse);
    const direction = members.text('transferType');
    return transferNotice(
      {
        account: members.text('accountNumber'),
        reference: members.text('referenceCode'),
        amount: direction === 'in' || direction === 'out' ? members.text('transferAmount') : '',
        incoming: direction !== 'out',
        texts: ['code', 'content', 'description'].map(members.text),
        paidAt: readSpacedVietnamTime(members.text('transactionDate')) ?? null,
        noticeId: members.text('id'),
      },
      text,
      refuse,
    );
  },

  acknowledge: (acknowledgement) =>
    jsonAnswer(statuses[acknowledgement], { success: statuses[acknowledgement] === 200 }),
});

/** Where the secret signs, nothing else proves a notice: an API key beside it would be the weaker way in. */
function verify(callback: RawCallback, keys: readonly string[], now: Instant): void {
  const secrets = keys.filter(signing.accepts).map((key) => signing.read(key).webhookSecret);
  if (secrets.length === 0) {
    const apiKeys = keys.filter(bearing.accepts).map((key) => bearing.read(key).apiKey);
    if (!bearsKey(header(callback, 'authorization'), apiKeys)) refuse('signature');
    return;
  }
  const timestamp = header(callback, 'x-sepay-timestamp');
  if (!TIMESTAMP_FORM.test(timestamp)) refuse('signature');
  if (!isSigned(timestamp, callback.body, header(callback, 'x-sepay-signature'), secrets)) refuse('signature');
  if (Math.abs(now - Number(timestamp) * SECOND_MILLISECONDS) > WINDOW_MILLISECONDS) refuse('stale');
}
