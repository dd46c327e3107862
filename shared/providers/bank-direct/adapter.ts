import * as z from 'zod';
import { lazy } from '../../domain/lazy.ts';
import type { Acknowledgement, NoticeSource, ProviderNotice, RawCallback } from '../../domain/payment/provider.ts';
import { type Instant, SECOND_MILLISECONDS } from '../../domain/time.ts';
import { transferNotice } from '../transfer-notice.ts';
import { bodyText, header, jsonAnswer, readMembers, refusing, terminalIn } from '../wire.ts';
import { type NoticedCredit, readCamt } from './camt-credits.ts';
import { manifest } from './manifest.ts';
import { isSigned, keysIn } from './signature.ts';

/** Protocol: docs/guides/bank.md; the sections named here are its. */

/** How far a notice's time may be from now, either way (section 2). */
export const WINDOW_MILLISECONDS = 5 * 60 * SECOND_MILLISECONDS;
const TIMESTAMP_FORM = /^[1-9][0-9]{9}$/;
const BookedAt = lazy(() => z.iso.datetime({ offset: true }).transform(Date.parse).pipe(z.int()));

const refuse = refusing(manifest.id);

/** Money that fits nothing is in the books, so the bank has nothing more to do about it (section 5). */
const answers: Record<Acknowledgement, [status: number, result: string]> = {
  accepted: [200, 'ACCEPTED'],
  duplicate: [200, 'DUPLICATE'],
  wrongAmount: [200, 'WRONG_AMOUNT'],
  unknownOrder: [200, 'UNKNOWN_ORDER'],
  badSignature: [401, 'REFUSED'],
  tryAgain: [503, 'TRY_AGAIN'],
};

/** A bank that speaks our profile: signed notices of credits, as JSON of one or as camt.054 of several. */
export const bankDirect = (): NoticeSource => {
  const readAll = (callback: RawCallback, keys: readonly string[], now: Instant): ProviderNotice[] => {
    const text = bodyText(callback, refuse);
    verify(callback, keys, now);
    const { credits } = creditsIn(callback, text);
    return credits.map(({ takenBack, ...credit }, index) => {
      const notice = { ...transferNotice(credit, text, refuse), ...(credits.length > 1 && { place: index + 1 }) };
      return takenBack ? { ...notice, outcome: 'review' } : notice;
    });
  };

  return {
    manifest,
    acceptsSecret: (secret) => keysIn(secret) !== undefined,
    terminalOf: (callback) => terminalIn(creditsIn(callback, bodyText(callback, refuse)).account, refuse),
    read(callback, keys, now) {
      const [notice, ...others] = readAll(callback, keys, now);
      return notice && others.length === 0 ? notice : refuse('ambiguous');
    },
    readAll,
    acknowledge(acknowledgement) {
      const [status, result] = answers[acknowledgement];
      return jsonAnswer(status, { result });
    },
  };
};

function verify(callback: RawCallback, keys: readonly string[], now: Instant): void {
  const timestamp = header(callback, 'x-timestamp');
  const keyId = header(callback, 'x-key-id');
  const signature = header(callback, 'x-signature');
  if (!TIMESTAMP_FORM.test(timestamp)) refuse('signature');
  if (!isSigned({ timestamp, keyId, signature, body: callback.body }, keys)) refuse('signature');
  if (Math.abs(now - Number(timestamp) * SECOND_MILLISECONDS) > WINDOW_MILLISECONDS) refuse('stale');
}

/** Which of the two a body is shows in its first character; a content type is not signed and says nothing. */
function creditsIn(callback: RawCallback, text: string): { account: string; credits: readonly NoticedCredit[] } {
  if (text.trimStart().startsWith('<')) return readCamt(callback.body) ?? refuse('malformed');
  const { text: member } = readMembers(text, refuse);
  const account = member('account');
  const direction = member('direction');
  const known = member('currency') === 'VND' && (direction === 'credit' || direction === 'debit');
  return {
    account,
    credits: [
      {
        account,
        reference: member('bankReference'),
        amount: known ? member('amount') : '',
        incoming: direction !== 'debit',
        texts: [member('text')],
        paidAt: BookedAt.safeParse(member('bookedAt')).data ?? null,
        noticeId: member('noticeId'),
        takenBack: false,
      },
    ],
  };
}
