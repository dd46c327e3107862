import type * as z from 'zod';
import { ReversalProposal } from '../invoice/invoice.ts';
import { COUNTER, CounterEvidence } from '../payment/counter.ts';
import type { Movement } from '../payment/movement.ts';
import type { RefundId, Refunding } from '../refund/refund.ts';
import type { EntryAct } from './journal.ts';

/**
 * Who made a movement, and why: read from what stands beside it on its invoice, so that it is the same whenever the entry
 * is made. A movement of other hands, whose evidence is none, names nobody.
 */
export function actOf(movement: Movement, refunds: Refunding['refunds'] = {}): EntryAct {
  const { kind, providerId, transactionId, evidence } = movement;
  if (kind === 'refund') {
    const refund = refunds[`rfd_${transactionId}` as RefundId];
    const { by, decidedBy, report, reason } = refund ?? {};
    return {
      step: report ? 'refunds-api' : 'send-refund',
      persons: named(by, decidedBy, report?.by, report?.decidedBy),
      ...(reason && { reason }),
    };
  }
  if (providerId !== COUNTER) return { step: 'post-payment', persons: [] };
  if (kind !== 'reversal')
    return { step: 'counter-api', persons: named(readEvidence(CounterEvidence, evidence)?.clerk) };
  const reversal = readEvidence(ReversalProposal, evidence);
  return {
    step: 'counter-api',
    persons: named(reversal?.by, reversal?.decidedBy),
    ...(reversal && { reason: reversal.reason }),
  };
}

const named = (...persons: readonly (string | undefined)[]): string[] => persons.filter((one) => one !== undefined);

function readEvidence<S extends z.ZodType>(schema: S, evidence: string): z.infer<S> | undefined {
  try {
    return schema.parse(JSON.parse(evidence));
  } catch {
    return undefined;
  }
}
