import * as z from 'zod';
import { AgencyCode, DossierCode, ProcedureCode } from '../domain/identity/codes.ts';
import { type BookItem, CREATION_SHARDS } from '../domain/invoice/book.ts';
import {
  type CallOrigin,
  type Invoice,
  InvoiceLine,
  MAX_LINES,
  MAX_SHARED_CALLS,
  type Payer,
  sharedCalls,
} from '../domain/invoice/invoice.ts';
import { InvoiceNumber } from '../domain/invoice/number.ts';
import { InvoiceState } from '../domain/invoice/states.ts';
import { lazy } from '../domain/lazy.ts';
import { LedgerLine } from '../domain/ledger/ledger.ts';
import { Dong, sum } from '../domain/money/dong.ts';
import { AttemptState } from '../domain/payment/advance.ts';
import type { PolicyChoices } from '../domain/payment/choices.ts';
import { factsOf, type InvoiceFacts } from '../domain/payment/facts.ts';
import { type Movement, MovementId, MovementKind, transactionOf } from '../domain/payment/movement.ts';
import { Language, ProviderId, ProviderNotice } from '../domain/payment/provider.ts';
import { ExceptionCategory } from '../domain/reconciliation/exception.ts';
import { type Instant, vietnamDay } from '../domain/time.ts';
import { parseMoneyLeft, parseRefunding, RefundingItem, refundingItem } from './refund-item.ts';
import {
  movementKey,
  ParkedItem,
  PREFIX,
  ProposalItem,
  parkedItem,
  parseParked,
  parseProposal,
  proposalItem,
} from './reversal-item.ts';

/**
 * Keys and items of the invoices table, the only place where its attribute names stand. They are short because each
 * kilobyte of an item is paid for at each write: a settled invoice of three lines stays under 1,300 bytes.
 *
 * Besides invoices the table holds receipts (money that no invoice bears), reviews (signed words that cannot be entered),
 * credits (which invoice bears a bank credit) and voids (numbers that shall stay empty). `y` tells them apart; an invoice has none.
 */

/** The secondary index by agency and day of creation, KEYS_ONLY: state is neither key nor projected, so it never moves. */
export const BY_AGENCY_DAY = 'by-agency-day';

export const invoiceKey = (number: InvoiceNumber): { k: InvoiceNumber } => ({ k: number });

/** Index partition. The shard is the number's last digits, which are spread evenly because the number is a hash. */
export function creationPartition(agencyCode: string, createdAt: Instant, shard: number): string {
  return `${agencyCode}#${vietnamDay(createdAt).replaceAll('-', '')}#${shard}`;
}

const creationShard = (number: InvoiceNumber): number => Number(number.slice(-3)) % CREATION_SHARDS;

const LineTuple = lazy(() => {
  const { feeItem, kind, quantity, amount, beneficiary } = InvoiceLine.shape;
  return z.tuple([feeItem, kind, quantity, amount, beneficiary]);
});
const LedgerTuple = lazy(() => z.tuple([z.enum(['D', 'C']), LedgerLine.shape.account, Dong]));

const MovementItem = lazy(() =>
  z.object({
    k: MovementKind,
    ct: ExceptionCategory.optional(),
    a: Dong,
    m: z.string(),
    te: z.string(),
    n: z.int().min(1).optional(),
    p: z.int(),
    t: z.int(),
    l: z.array(LedgerTuple).min(2),
    e: z.string(),
  }),
);
export type MovementItem = z.infer<typeof MovementItem>;

const AttemptItem = lazy(() =>
  z.object({
    p: ProviderId,
    m: z.string(),
    te: z.string(),
    s: AttemptState,
    c: z.int(),
    x: z.int(),
    a: Dong.optional(),
    u: z.string(),
    l: Language,
    ip: z.string(),
    h: z.string(),
    b: z.string(),
    /** Left by the provider's preparation. */
    pr: z.string().optional(),
    cf: z.string().optional(),
    /** Clients that joined it. */
    j: z.array(z.string()).max(MAX_SHARED_CALLS).optional(),
    /** Further calls: key hash, body hash. */
    w: z
      .array(z.tuple([z.string(), z.string()]))
      .max(MAX_SHARED_CALLS)
      .optional(),
  }),
);

const PersonItem = lazy(() => z.object({ n: z.string(), i: z.string().optional(), t: z.string().optional() }));

const personItem = (person: Payer): z.infer<typeof PersonItem> => ({
  n: person.name,
  ...(person.idNumber && { i: person.idNumber }),
  ...(person.taxCode && { t: person.taxCode }),
});

const personOf = (item: z.infer<typeof PersonItem>): Payer => ({
  name: item.n,
  ...(item.i && { idNumber: item.i }),
  ...(item.t && { taxCode: item.t }),
});

const InvoiceItem = lazy(() =>
  z.object({
    k: InvoiceNumber,
    y: z.undefined().optional(),
    st: InvoiceState,
    g: z.string(),
    c: z.int(),
    d: DossierCode,
    pc: ProcedureCode,
    l: z.array(LineTuple).min(1).max(MAX_LINES),
    du: Dong,
    x: z.int(),
    py: PersonItem,
    /** Owner of the dossier and debtor, where they are not the payer; the notice that sets what is due. */
    ow: PersonItem.optional(),
    de: PersonItem.optional(),
    nt: z.object({ n: z.string(), d: z.string().optional(), o: z.string().optional() }).optional(),
    o: z.object({ c: z.string(), h: z.string(), b: z.string() }),
    r: InvoiceNumber.optional(),
    rb: InvoiceNumber.optional(),
    /** How many calls the attempts were shared with: what a new attempt is decided from, beside the number of attempts. */
    sc: z.number().optional(),
    m: z.record(z.string(), z.string()).optional(),
    /** The agency's choices that differ from the default, one letter each. */
    po: z.string().optional(),
    pk: z.array(ParkedItem).optional(),
    rv: ProposalItem.optional(),
    at: z.array(AttemptItem),
    mv: z.record(z.string(), MovementItem),
    v: z.int().min(1),
    ...RefundingItem.shape,
  }),
);
export type InvoiceItem = z.infer<typeof InvoiceItem>;

export function movementItem(movement: Movement): MovementItem {
  return {
    k: movement.kind,
    ...(movement.category && { ct: movement.category }),
    a: movement.amount,
    m: movement.merchantAccountId,
    te: movement.terminal,
    ...(movement.attempt && { n: movement.attempt }),
    p: movement.paidAt,
    t: movement.committedAt,
    l: movement.lines.map((line) => [line.side === 'debit' ? 'D' : 'C', line.account, line.amount]),
    e: movement.evidence,
  };
}

function movementOf(key: string, item: MovementItem): Movement {
  return {
    movementId: MovementId.parse(`${PREFIX}${key}`),
    kind: item.k,
    ...(item.ct && { category: item.ct }),
    amount: item.a,
    providerId: ProviderId.parse(key.slice(0, key.indexOf('_'))),
    merchantAccountId: item.m,
    terminal: item.te,
    transactionId: transactionOf(key),
    ...(item.n && { attempt: item.n }),
    paidAt: item.p,
    committedAt: item.t,
    lines: item.l.map(([side, account, amount]) => ({ side: side === 'D' ? 'debit' : 'credit', account, amount })),
    evidence: item.e,
  };
}

const movementsOf = (items: Record<string, MovementItem>): Record<string, Movement> =>
  Object.fromEntries(Object.entries(items).map(([key, item]) => [`${PREFIX}${key}`, movementOf(key, item)]));

export const sharedCall = (call: CallOrigin): [string, string] => [call.keyHash, call.bodyHash];

export function attemptItem(attempt: Invoice['attempts'][number]): z.infer<typeof AttemptItem> {
  return {
    p: attempt.providerId,
    m: attempt.merchantAccountId,
    te: attempt.terminal,
    s: attempt.state,
    c: attempt.createdAt,
    x: attempt.expiresAt,
    ...(attempt.amount !== undefined && { a: attempt.amount }),
    u: attempt.returnUrl,
    l: attempt.language,
    ip: attempt.payerIp,
    h: attempt.keyHash,
    b: attempt.bodyHash,
    ...(attempt.prepared !== undefined && { pr: attempt.prepared }),
    ...(attempt.confirmTo !== undefined && { cf: attempt.confirmTo }),
    ...(attempt.joinedBy && { j: [...attempt.joinedBy] }),
    ...(attempt.sharedWith && { w: attempt.sharedWith.map(sharedCall) }),
  };
}

/** Letters of the choices that differ from the default. */
const LATE_ACCEPTED = 'l';
const PARTS_ACCUMULATE = 'p';

export const choicesText = ({ late, parts }: PolicyChoices): string =>
  `${late === 'accept' ? LATE_ACCEPTED : ''}${parts === 'accumulate' ? PARTS_ACCUMULATE : ''}`;

const parseChoices = (text: string): PolicyChoices => ({
  ...(text.includes(LATE_ACCEPTED) && { late: 'accept' }),
  ...(text.includes(PARTS_ACCUMULATE) && { parts: 'accumulate' }),
});

export function invoiceItem(invoice: Invoice): InvoiceItem {
  return {
    ...invoiceKey(invoice.number),
    y: undefined,
    st: invoice.state,
    g: creationPartition(invoice.agencyCode, invoice.createdAt, creationShard(invoice.number)),
    c: invoice.createdAt,
    d: invoice.dossierCode,
    pc: invoice.procedureCode,
    l: invoice.lines.map((line) => [line.feeItem, line.kind, line.quantity, line.amount, line.beneficiary]),
    du: invoice.due,
    x: invoice.expiresAt,
    py: personItem(invoice.payer),
    ...(invoice.owner && { ow: personItem(invoice.owner) }),
    ...(invoice.debtor && { de: personItem(invoice.debtor) }),
    ...(invoice.notice && {
      nt: {
        n: invoice.notice.number,
        ...(invoice.notice.date && { d: invoice.notice.date }),
        ...(invoice.notice.obligationId && { o: invoice.notice.obligationId }),
      },
    }),
    o: { c: invoice.origin.clientId, h: invoice.origin.keyHash, b: invoice.origin.bodyHash },
    ...(invoice.replaces && { r: invoice.replaces }),
    ...(invoice.replacedBy && { rb: invoice.replacedBy }),
    ...(invoice.metadata && { m: invoice.metadata }),
    ...(invoice.choices && { po: choicesText(invoice.choices) }),
    ...(invoice.parked && { pk: invoice.parked.map(parkedItem) }),
    ...(invoice.proposal && { rv: proposalItem(invoice.proposal) }),
    ...(invoice.refunding && refundingItem(invoice.refunding)),
    ...(sharedCalls(invoice.attempts) > 0 && { sc: sharedCalls(invoice.attempts) }),
    at: invoice.attempts.map(attemptItem),
    mv: Object.fromEntries(
      Object.values(invoice.movements).map((movement) => [movementKey(movement.movementId), movementItem(movement)]),
    ),
    v: invoice.version,
  };
}

const ReceiptItem = lazy(() =>
  z.object({
    k: z.string(),
    y: z.literal('receipt'),
    ag: z.string(),
    mv: z.record(z.string(), MovementItem),
    /** The invoice to which the money was moved. */
    to: InvoiceNumber.optional(),
  }),
);

const CreditItem = lazy(() => z.object({ k: z.string(), y: z.literal('credit'), i: InvoiceNumber, a: Dong }));

const ReviewItem = lazy(() =>
  z.object({
    k: z.string(),
    y: z.literal('review'),
    ag: z.string(),
    ct: ExceptionCategory,
    no: ProviderNotice,
    t: z.number(),
  }),
);

const VoidItem = lazy(() => z.object({ k: z.string(), y: z.literal('void') }));

export const receiptItem = (key: string, agencyCode: string, movement: Movement) => ({
  k: key,
  y: 'receipt' as const,
  ag: agencyCode,
  mv: { [movementKey(movement.movementId)]: movementItem(movement) },
});

/** Under the name of a bank credit: which invoice bears it. */
export const creditItem = ({ movementId, amount }: Movement, number: InvoiceNumber): z.infer<typeof CreditItem> => ({
  k: movementId,
  y: 'credit',
  i: number,
  a: amount,
});

export const reviewItem = (
  key: string,
  agencyCode: string,
  category: ExceptionCategory,
  notice: ProviderNotice,
  keptAt: Instant,
) => ({ k: key, y: 'review' as const, ag: agencyCode, ct: category, no: notice, t: keptAt });

export const voidItem = (number: InvoiceNumber) => ({ ...invoiceKey(number), y: 'void' as const });

/** What an item is, before it is read as that; an invoice bears no mark. */
const markOf = (raw: unknown): unknown => (typeof raw === 'object' && raw !== null && 'y' in raw ? raw.y : undefined);

/** Reads an item back. Throws a ZodError for anything that this module did not write. */
export function parseStored(raw: unknown): BookItem {
  const y = markOf(raw);
  if (y === 'void') {
    VoidItem.parse(raw);
    return { kind: 'void' };
  }
  if (y === 'receipt') {
    const item = ReceiptItem.parse(raw);
    return {
      kind: 'receipt',
      key: item.k,
      agencyCode: item.ag,
      movements: movementsOf(item.mv),
      ...(item.to && { movedTo: item.to }),
    };
  }
  if (y === 'credit') {
    const item = CreditItem.parse(raw);
    return { kind: 'credit', key: item.k, number: item.i, amount: item.a };
  }
  if (y === 'review') {
    const item = ReviewItem.parse(raw);
    return { kind: 'review', key: item.k, agencyCode: item.ag, category: item.ct, notice: item.no, keptAt: item.t };
  }
  return { kind: 'invoice', invoice: invoiceOf(InvoiceItem.parse(raw)) };
}

/** As much of an invoice's item as a decision about a notice needs: no payer, owner or debtor. */
const FactsItem = lazy(() =>
  z.object({
    ...InvoiceItem.pick({
      ...{ k: true, st: true, g: true, d: true, l: true, du: true, x: true },
      ...{ rb: true, po: true, pk: true, mv: true, ra: true },
    }).shape,
    at: z.array(AttemptItem.pick({ p: true, m: true, te: true, s: true, x: true, a: true })),
  }),
);
/** Asks for that much. `y` tells whether it is an invoice at all. */
export const FACTS = {
  ProjectionExpression: 'k, y, st, g, d, l, du, x, rb, po, pk, #at, mv, ra',
  ExpressionAttributeNames: { '#at': 'at' },
};

/** Reads what {@link FACTS} asks for; `undefined` for what is no invoice. Throws a ZodError as {@link parseStored} does. */
export function parseFacts(raw: unknown): InvoiceFacts | undefined {
  if (markOf(raw) !== undefined) return undefined;
  const item = FactsItem.parse(raw);
  return factsOf({
    number: item.k,
    state: item.st,
    agencyCode: agencyOf(item),
    dossierCode: item.d,
    due: item.du,
    total: sum(item.l.map(([, , , amount]) => amount)),
    expiresAt: item.x,
    ...(item.rb && { replacedBy: item.rb }),
    ...(item.po && { choices: parseChoices(item.po) }),
    lines: item.l.map(([, , , amount, beneficiary]) => ({ amount, beneficiary })),
    attempts: item.at.map((attempt) => ({
      providerId: attempt.p,
      merchantAccountId: attempt.m,
      terminal: attempt.te,
      state: attempt.s,
      expiresAt: attempt.x,
      ...(attempt.a !== undefined && { amount: attempt.a }),
    })),
    movements: movementsOf(item.mv),
    ...(item.pk && { parked: item.pk.map(parseParked) }),
    ...(item.ra && { refunding: { money: parseMoneyLeft(item.ra) } }),
  });
}

const agencyOf = ({ g }: { g: string }): AgencyCode => AgencyCode.parse(g.slice(0, g.indexOf('#')));

/** What the item's schema has checked, under the domain's names. */
function invoiceOf(item: InvoiceItem): Invoice {
  const lines = item.l.map(([feeItem, kind, quantity, amount, beneficiary]) => ({
    feeItem,
    kind,
    quantity,
    amount,
    beneficiary,
  }));
  return {
    number: item.k,
    state: item.st,
    agencyCode: agencyOf(item),
    dossierCode: item.d,
    procedureCode: item.pc,
    lines,
    total: sum(lines.map(({ amount }) => amount)),
    due: item.du,
    payer: personOf(item.py),
    ...(item.ow && { owner: personOf(item.ow) }),
    ...(item.de && { debtor: personOf(item.de) }),
    ...(item.nt && {
      notice: {
        number: item.nt.n,
        ...(item.nt.d && { date: item.nt.d }),
        ...(item.nt.o && { obligationId: item.nt.o }),
      },
    }),
    createdAt: item.c,
    expiresAt: item.x,
    origin: { clientId: item.o.c, keyHash: item.o.h, bodyHash: item.o.b },
    ...(item.r && { replaces: item.r }),
    ...(item.rb && { replacedBy: item.rb }),
    ...(item.m && { metadata: item.m }),
    ...(item.po && { choices: parseChoices(item.po) }),
    ...(item.pk && { parked: item.pk.map(parseParked) }),
    ...(item.rv && { proposal: parseProposal(item.rv) }),
    ...(item.rf && { refunding: parseRefunding(item) }),
    attempts: item.at.map((attempt) => ({
      providerId: attempt.p,
      merchantAccountId: attempt.m,
      terminal: attempt.te,
      state: attempt.s,
      createdAt: attempt.c,
      expiresAt: attempt.x,
      ...(attempt.a !== undefined && { amount: attempt.a }),
      returnUrl: attempt.u,
      language: attempt.l,
      payerIp: attempt.ip,
      keyHash: attempt.h,
      bodyHash: attempt.b,
      ...(attempt.pr !== undefined && { prepared: attempt.pr }),
      ...(attempt.cf !== undefined && { confirmTo: attempt.cf }),
      ...(attempt.j && { joinedBy: attempt.j }),
      ...(attempt.w && { sharedWith: attempt.w.map(([keyHash, bodyHash]) => ({ keyHash, bodyHash })) }),
    })),
    movements: movementsOf(item.mv),
    version: item.v,
  };
}
