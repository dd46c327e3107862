import type { ActRecord, CallbackRecord, ReadRecord } from '../../shared/domain/logbook/record.ts';
import { NOW } from './world.ts';

/** Records as functions write them down, of invented calls. */

let count = 0;
const nextId = (): string => {
  count += 1;
  return `r${String(count).padStart(15, '0')}`;
};

export const aRead = (more: Partial<ReadRecord> = {}): ReadRecord => ({
  ...{ book: 'reads', id: nextId(), at: NOW, by: 'clerk one', clientId: 'desk', step: 'trace-api' },
  call: 'GET /v1/invoices/{invoiceId}/trace',
  subjects: [{ kind: 'invoices', id: 'inv_480213567890' }],
  ...more,
});

export const anAct = (more: Partial<ActRecord> = {}): ActRecord => ({
  ...{ book: 'acts', id: nextId(), at: NOW, by: 'clerk one', clientId: 'desk', step: 'refunds-api' },
  call: 'POST /v1/refunds/{refundId}/approval',
  subjects: [{ kind: 'refunds', id: 'rfd_480213567890_1' }],
  ...{ act: 'applied', callId: nextId() },
  ...more,
});

export const aCallback = (more: Partial<CallbackRecord> = {}): CallbackRecord => ({
  ...{ book: 'callbacks', id: nextId(), at: NOW, providerId: 'vnpay', outcome: 'accepted' },
  ...{ sha256: '0'.repeat(64), bytes: 421 },
  told: [
    { reference: '480213567890015', transactionId: '14000001', outcome: 'paid', amount: 135_000, resultCode: '00' },
  ],
  ...{ status: 200, answer: '{"RspCode":"00","Message":"Confirm Success"}' },
  ...more,
});
