import type { Acknowledgement } from '../../shared/domain/payment/provider.ts';
import { askable, paperBank as paper, paperCallback, toldFirst } from '../dsl/paper-bank.ts';
import { httpEvent } from '../functions/http-events.ts';
import { SECOND } from './clock.ts';
import { BrokenInvariant } from './process.ts';
import type { Wire } from './wire.ts';

/** A bank that must be told of a payment before the citizen comes, and can be asked what became of it. */
export const PAPER_BANK = 'paper-bank';
/** Its word for a payment that it has never heard of. */
export const NEVER_HEARD = '91';

export const paperBank = toldFirst(askable(paper(PAPER_BANK), { neverHeard: [NEVER_HEARD] }));

const OUTCOMES = {
  paid: 'paid',
  declined: 'declined',
  pending: 'pending',
  unreadable: 'review',
  reversed: 'reversed',
  limbo: 'limbo',
} as const;

/** `keyOf`: what a terminal's key is made from. */
export const paperWire = (keyOf: (terminal: string) => string): Wire => ({
  rule: { until: ['accepted', 'duplicate', 'wrongAmount'], most: 8, gap: 40 * SECOND },
  signsTime: false,
  page(address) {
    const query = new URL(address).searchParams;
    const prepared = query.get('prepared');
    if (!prepared) throw new BrokenInvariant(`a bank that was not told would refuse the address ${address}`);
    return {
      bank: PAPER_BANK,
      reference: query.get('ref') ?? '',
      amount: Number(query.get('amount')),
      terminal: query.get('terminal') ?? '',
      until: Number(query.get('until')),
      prepared,
    };
  },
  callback(said, _, key = keyOf(said.terminal)) {
    const { outcome, terminal, reference, currency, transactionId, paidAt } = said;
    const amount = outcome === 'unreadable' ? null : (said.amount as never);
    const notice = {
      terminal,
      reference,
      currency,
      transactionId,
      paidAt,
      amount,
      outcome: OUTCOMES[outcome],
      resultCode: '00',
    };
    const { headers, body } = paperCallback(notice, key);
    return httpEvent('POST /callbacks/{provider}', {
      path: `/callbacks/${PAPER_BANK}`,
      params: { provider: PAPER_BANK },
      headers: { ...headers, 'content-type': 'application/json' },
      body: Buffer.from(body).toString('base64'),
      base64: true,
    });
  },
  heard: ({ body }) => body as Acknowledgement | undefined,
  spoilt: [
    (event) => ({ ...event, headers: {} }),
    (event) => {
      const text = Buffer.from(event.body ?? '', 'base64')
        .toString()
        .replace('"amount":', '"amount":9');
      return { ...event, body: Buffer.from(text).toString('base64') };
    },
  ],
});
