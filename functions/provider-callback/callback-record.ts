import { hash } from 'node:crypto';
import { type CallbackOutcome, type CallbackRecord, MAX_ANSWER, MAX_TOLD } from '../../shared/domain/logbook/record.ts';
import type { ProviderAnswer, ProviderId, ProviderNotice, RawCallback } from '../../shared/domain/payment/provider.ts';
import { readPaymentReference } from '../../shared/domain/payment/reference.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { recordId } from '../../shared/runtime/logbook.ts';

/** What a callback came to. */
export type CameTo = {
  outcome: CallbackOutcome;
  reason?: string;
  answer: ProviderAnswer;
  notices: readonly ProviderNotice[];
};

/** So long a run of letters and digits in an answer is a signature of ours, which no log may hold. */
const SIGNATURE = /[A-Za-z0-9+/]{24,}={0,2}/g;

/** What is written down of a callback: who says it can find it in their own books, and nobody can find a person in it. */
export function callbackRecord(
  providerId: ProviderId,
  { rawQuery, body }: RawCallback,
  { outcome, reason, answer, notices }: CameTo,
  at: Instant,
): CallbackRecord {
  return {
    book: 'callbacks',
    id: recordId(),
    at,
    providerId,
    outcome,
    ...(reason !== undefined && { reason }),
    sha256: hash('sha256', body.length === 0 ? `${rawQuery}\n` : Buffer.concat([Buffer.from(`${rawQuery}\n`), body])),
    bytes: Buffer.byteLength(rawQuery) + body.length,
    told: notices.slice(0, MAX_TOLD).map((notice) => ({
      ...(readPaymentReference(notice.reference) && { reference: notice.reference }),
      transactionId: notice.transactionId,
      outcome: notice.outcome,
      amount: notice.amount,
      resultCode: notice.resultCode,
    })),
    status: answer.status,
    answer: withoutForeign(answer.body, notices).replace(SIGNATURE, '…').slice(0, MAX_ANSWER),
  };
}

/** An answer repeats what it was asked about: of references only ours are written down, since another may name a person. */
const withoutForeign = (body: string, notices: readonly ProviderNotice[]): string =>
  notices
    .map(({ reference }) => reference)
    .filter((reference) => reference !== '' && !readPaymentReference(reference))
    .flatMap((reference) => [JSON.stringify(reference).slice(1, -1), reference])
    .reduce((text, reference) => text.replaceAll(reference, '…'), body);
