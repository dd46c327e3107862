import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { dong } from '../../shared/domain/money/dong.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import { transferCode } from '../../shared/domain/payment/transfer-code.ts';
import { addDays, type Day, daysBetween, startOfDay } from '../../shared/domain/time.ts';
import { entryOf, LAND_TERMINAL } from '../domain/reconciliation/samples.ts';
import { anInvoice, bankConfirms, given } from '../dsl/given.ts';
import { ACCOUNT, type FinanceWorld, financeWorld, PROVIDER } from './finance-world.ts';
import { transferOf } from './paper-statement.ts';

/**
 * A month of an agency's traffic, made from one seed: transfers straight to the account, payments over a provider with its
 * settlement files and payouts, and statements of the bank on working days. Differences of every category are planted in it.
 * Whoever reconciles the month must find each of them, and nothing else.
 */

export type Planted = { category: string; names: string };

const HOUR = 3_600_000;
const OTHER_ACCOUNT = '8888888888';

/** What the provider keeps of a payment, in dong. */
const FEE = 1000;

/** What a line of the provider's file adds to its payout. */
function netOf(line: string): number {
  const [, , amount, , , state, , fee] = line.split(',');
  return (state === 'OK' ? Number(amount) : -Number(amount)) - Number(fee);
}

type Line = { reference: string; amount: number; text: string; mark?: 'RC' | 'RD' };

/** Mulberry32: small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export class Month {
  readonly world: FinanceWorld = financeWorld();
  readonly planted: Planted[] = [];
  /** Transfers that the bank booked on a later day than ours, and that must be matched all the same. */
  shifted = 0;
  readonly #random: () => number;
  readonly #from: Day;
  readonly #to: Day;
  /** What the bank will book, by day. */
  readonly #bank = new Map<Day, Line[]>();
  readonly #settlement = new Map<Day, string[]>();
  #number = 0;

  constructor(seed: number, from: Day = '2026-10-01', to: Day = '2026-10-31') {
    this.#random = randomOf(seed);
    this.#from = from;
    this.#to = to;
  }

  /**
   * Lives through the month day by day, each morning with the files of the day before. `volume`: transfers a day; `late`:
   * days of which one transfer is booked on the next working day but one.
   */
  async live(volume: number, late: readonly Day[] = []): Promise<void> {
    const days = daysBetween(this.#from, this.#to);
    const plantOn = new Map<Day, string[]>();
    // Early enough that what waits two working days is overdue by the end.
    const plantable = days.slice(1, -9).filter((day) => vietnamCalendar.isWorkingDay(day));
    const isPayout = (category: string) => PAYOUTS.includes(category);
    for (const category of [...CATEGORIES, ...FURTHER]) {
      // One difference of a payout alone: two of them on one day come to another.
      const free = plantable.filter((day) => !isPayout(category) || !plantOn.get(day)?.some(isPayout));
      const day = free[Math.floor(this.#random() * free.length)] as Day;
      plantOn.set(day, [...(plantOn.get(day) ?? []), category]);
    }
    let balance = 1_000_000;
    for (const day of days) {
      for (let count = 0; count < volume; count += 1) await this.#transfer(day);
      for (let count = 0; count < Math.ceil(volume / 2); count += 1) await this.#card(day);
      for (const category of plantOn.get(day) ?? []) await this.#plant(category, day);
      if (late.includes(day)) {
        await this.#transfer(day, { later: daysBetween(day, vietnamCalendar.workingDayAfter(day, 1)).length - 1 });
        this.shifted += 1;
      }
      this.world.clock.at = startOfDay(addDays(day, 1)) + 8 * HOUR;
      await this.#settle(day);
      if (vietnamCalendar.isWorkingDay(day)) balance = await this.#statement(day, balance, plantOn.get(day) ?? []);
    }
  }

  #amount(): number {
    return 1000 * (10 + Math.floor(this.#random() * 500));
  }

  /** A transfer in our books, and at the bank unless `bank` says otherwise. */
  async #transfer(
    day: Day,
    { amount = this.#amount(), bank = (line: Line): Line[] => [line], later = 0, unnamed = false } = {},
  ) {
    this.#number += 1;
    const invoiceNumber = String(100_000_000_000 + this.#number * 7);
    const code = transferCode(paymentReference(InvoiceNumber.parse(invoiceNumber), 1));
    const reference = `FT${String(this.#number).padStart(9, '0')}`;
    const paidAt = startOfDay(day) + 9 * HOUR + this.#number;
    await this.world.record(
      transferOf(reference, {
        ...{ invoiceNumber, attempt: 1, amount: dong(amount), paidAt, committedAt: paidAt + 1000, accountingDate: day },
      }),
    );
    const lines = bank({ reference: unnamed ? '' : reference, amount, text: unnamed ? '' : `nop phi ${code} cam on` });
    this.#book(addDays(day, later), lines);
    return { reference, code, key: `mov_bank_${ACCOUNT}_${reference}@${invoiceNumber}`, invoiceNumber };
  }

  /** Booked on the next working day where the bank does not work. */
  #book(day: Day, lines: readonly Line[]): void {
    const booked = vietnamCalendar.workingDayFrom(day);
    this.#bank.set(booked, [...(this.#bank.get(booked) ?? []), ...lines]);
  }

  /** A payment over the provider: in our books, in its file, and in its payout. */
  async #card(
    day: Day,
    { amount = this.#amount(), told = amount as number | null, ours = true, hour = 10, fee = FEE } = {},
  ): Promise<string> {
    this.#number += 1;
    const transactionId = `SB${String(this.#number).padStart(9, '0')}`;
    const paidAt = startOfDay(day) + hour * HOUR + this.#number;
    const money = { transactionId, amount: dong(amount), paidAt, committedAt: paidAt + 1000, accountingDate: day };
    if (ours) await this.world.record(entryOf({ movementId: `mov_${PROVIDER}_${transactionId}`, ...money }));
    if (told !== null) this.#tell(day, transactionId, told, { fee });
    return transactionId;
  }

  #tell(day: Day, transactionId: string, amount: number, { state = 'OK', reference = '', fee = FEE } = {}): void {
    const line = `${transactionId},${reference},${amount},VND,${LAND_TERMINAL},${state},${day} 10:00:00,${fee}`;
    this.#settlement.set(day, [...(this.#settlement.get(day) ?? []), line]);
  }

  #reference(): string {
    this.#number += 1;
    return String(12_345_678_901_200_000_000n + BigInt(this.#number) * 7n);
  }

  /** A refund in our books: by the provider and in its file unless `told` says otherwise. */
  async #refund(day: Day, { told = 25_000 as number | null, ours = true } = {}): Promise<string> {
    const reference = this.#reference();
    const at = startOfDay(day) + 11 * HOUR;
    const entry = { transactionId: reference, amount: 25_000, paidAt: at, committedAt: at, accountingDate: day };
    if (ours)
      await this.world.record(entryOf({ movementId: `mov_${PROVIDER}_^${reference}`, kind: 'refund', ...entry }));
    if (told !== null) this.#tell(day, `R${reference}`, told, { state: 'REFUNDED', reference, fee: 0 });
    return reference;
  }

  /** A payment of the day before that the payer's bank takes back. */
  async #chargeback(day: Day, { ours = true } = {}): Promise<string> {
    const transactionId = await this.#card(addDays(day, -1), { amount: 40_000, told: null, ours: false });
    const at = startOfDay(day) + 11 * HOUR;
    const entry = { transactionId, amount: 40_000, paidAt: at, committedAt: at, accountingDate: day };
    if (ours)
      await this.world.record(entryOf({ movementId: `mov_${PROVIDER}_~${transactionId}`, kind: 'reversal', ...entry }));
    this.#tell(day, transactionId, 40_000, { state: 'CHARGEBACK', fee: 0 });
    return transactionId;
  }

  /** A return by hand, and what the bank debits for it. */
  async #return(day: Day, debits: readonly { reference: string; amount: number }[]): Promise<string> {
    const reference = this.#reference();
    const at = startOfDay(day) + 11 * HOUR;
    await this.world.record(
      entryOf({
        ...{ movementId: `mov_manual_^${reference}`, transactionId: reference, kind: 'refund', providerId: 'manual' },
        ...{ merchantAccountId: 'manual.transferred', terminal: 'land-main', amount: 60_000 },
        ...{ paidAt: at, committedAt: at, accountingDate: day },
      }),
    );
    const text = `HOAN TRA ${reference}, HO SO H29.12`;
    this.#book(
      addDays(day, 1),
      debits.map((debit) => ({ ...debit, text })),
    );
    return `mov_manual_^${reference}@123456789012`;
  }

  async #settle(day: Day): Promise<void> {
    const lines = this.#settlement.get(day) ?? [];
    const amounts = lines.map((line) => Number(line.split(',')[2]));
    const total = amounts.reduce((sum, amount) => sum + amount, 0);
    const header = 'txnId,orderRef,amount,currency,terminal,result,paidAt,fee';
    const file = [header, ...lines, `TOTAL,${lines.length},${total}`, ''].join('\r\n');
    await this.world.takeInSettlement(file, `settle-${day}`, { businessDate: day });
    const net = lines.reduce((sum, line) => sum + netOf(line), 0) + (this.#payoutDiffers.get(day) ?? 0);
    const [year, month, date] = day.split('-');
    if (net !== 0)
      this.#book(addDays(day, 1), [
        { reference: `PO${day.replaceAll('-', '')}`, amount: net, text: `SANDBOX BANK PAYOUT ${date}${month}${year}` },
      ]);
  }

  readonly #payoutDiffers = new Map<Day, number>();

  async #statement(day: Day, opening: number, plants: readonly string[]): Promise<number> {
    const lines = this.#bank.get(day) ?? [];
    const begins = plants.includes('BALANCE_BREAK') ? opening + 5000 : opening;
    const content = mt940(day, begins, lines);
    if (plants.includes('FILE_INVALID'))
      await this.world.takeIn(content.slice(0, content.indexOf(':62F:')), `broken-${day}`, { businessDate: day });
    await this.world.takeIn(content, `bank-${day}`, { businessDate: day });
    // The broken one is none any more; the same statement once more is.
    if (plants.includes('FILE_INVALID')) await this.world.takeIn(content, `again-${day}`, { businessDate: day });
    const closing = lines.reduce((sum, { amount }) => sum + amount, begins);
    // Back to where it was: the day after does not begin where this one ended, either.
    return plants.includes('BALANCE_BREAK') ? closing - 5000 : closing;
  }

  /** Names of a line as the matching knows it. */
  #line(day: Day, reference: string): string {
    return `account:970415:${ACCOUNT}/${day}/${sequenceOf(day)}/${reference}`;
  }

  async #plant(category: string, day: Day): Promise<void> {
    const plant = (...names: string[]) => this.planted.push({ category, names: names.sort().join(' ') });
    switch (category) {
      case 'MISSING_AT_BANK':
        plant((await this.#transfer(day, { bank: () => [] })).key);
        return;
      case 'MISSING_AT_US':
        this.#book(day, [{ reference: 'XNOBODY', amount: 777_123, text: 'chuyen tien' }]);
        plant(this.#line(day, 'XNOBODY'));
        return;
      case 'AMOUNT_OVER':
      case 'AMOUNT_UNDER': {
        const by = category === 'AMOUNT_OVER' ? 1 : -1;
        const { key, reference } = await this.#transfer(day, {
          bank: (line) => [{ ...line, amount: line.amount + by }],
        });
        plant(key, this.#line(day, reference));
        return;
      }
      case 'DUPLICATE_PAYMENT':
        await this.#transfer(day, { bank: (line) => [line, { ...line, reference: 'XTWICE' }] });
        plant(this.#line(day, 'XTWICE'));
        return;
      case 'AMBIGUOUS': {
        // Two payments of one amount whose lines lost every name.
        const twins = [
          await this.#transfer(day, { amount: 999_991, unnamed: true }),
          await this.#transfer(day, { amount: 999_991, unnamed: true }),
        ];
        plant(...twins.map(({ key }) => key), 'AND TWO LINES');
        return;
      }
      case 'WRONG_ACCOUNT': {
        this.#number += 1;
        const invoiceNumber = String(100_000_000_000 + this.#number * 7);
        const code = transferCode(paymentReference(InvoiceNumber.parse(invoiceNumber), 1));
        const paidAt = startOfDay(day) + 9 * HOUR;
        await this.world.record(
          entryOf({
            ...{ movementId: `mov_bank_${OTHER_ACCOUNT}_XELSE`, transactionId: 'XELSE', providerId: 'vietqr' },
            ...{ invoiceNumber, attempt: 1, amount: dong(444_000), paidAt, committedAt: paidAt, accountingDate: day },
          }),
        );
        this.#book(day, [{ reference: 'XWRONG', amount: 444_000, text: code }]);
        plant(this.#line(day, 'XWRONG'));
        return;
      }
      case 'REFUND_UNMATCHED':
        this.#book(day, [{ reference: 'XOUT', amount: -333_000, text: 'hoan phi' }]);
        plant(this.#line(day, 'XOUT'));
        return;
      case 'REVERSED':
        this.#book(day, [{ reference: 'XBACK', amount: -222_000, text: 'huy lenh', mark: 'RC' }]);
        plant(this.#line(day, 'XBACK'));
        return;
      case 'DATE_SHIFT':
        await this.#transfer(day, { later: 1 });
        this.shifted += 1;
        return;
      case 'FEE_DIFFERENCE':
      case 'ROUNDING': {
        this.#payoutDiffers.set(day, category === 'ROUNDING' ? 1 : -500);
        const booked = vietnamCalendar.workingDayFrom(addDays(day, 1));
        plant(`payout:${PROVIDER}:${day}:${ACCOUNT}`, this.#line(booked, `PO${day.replaceAll('-', '')}`));
        return;
      }
      case 'BALANCE_BREAK':
        // Its opening is not the closing before it, and its closing is not the opening after it.
        plant();
        plant();
        return;
      case 'FILE_INVALID':
        plant();
        return;
      case 'LATE_AFTER_EXPIRY':
        // What posting itself says of money behind the deadline.
        await given(anInvoice('expired'))
          .when(bankConfirms({ transactionId: 'XLATE' }))
          .thenSees(async ({ world }) => {
            for (const one of world.work.contents().exceptions) await this.world.work.open(one);
          });
        this.planted.push({ category, names: 'XLATE' });
        return;
      case 'provider DATE_SHIFT': {
        // Ours on the day after, in the files of both days: nobody can say which of them is paid out for it.
        const next = addDays(day, 1);
        const transactionId = await this.#card(next, { hour: 0 });
        this.#tell(day, transactionId, Number(this.#settlement.get(next)?.at(-1)?.split(',')[2]));
        this.planted.push({ category: 'DATE_SHIFT', names: transactionId });
        return;
      }
      case 'amounts swapped': {
        const swapped = (amount: number) => (line: Line) => [{ ...line, amount }];
        const low = await this.#transfer(day, { amount: 100_000, bank: swapped(200_000) });
        const high = await this.#transfer(day, { amount: 200_000, bank: swapped(100_000) });
        this.planted.push({ category: 'AMOUNT_OVER', names: namesOf(low.key, this.#line(day, low.reference)) });
        this.planted.push({ category: 'AMOUNT_UNDER', names: namesOf(high.key, this.#line(day, high.reference)) });
        return;
      }
      case 'line twice': {
        // The bank's own reference stands at both: the second is named by its place.
        const { key, reference } = await this.#transfer(day, { bank: (line) => [line, line] });
        const place = (this.#bank.get(day) ?? []).findLastIndex((line) => line.reference === reference) + 1;
        const lines = [this.#line(day, reference), this.#line(day, `#${place}`)];
        this.planted.push({ category: 'DUPLICATE_PAYMENT', names: namesOf(key, ...lines) });
        return;
      }
      case 'line of nothing':
        this.#book(day, [{ reference: 'XZERO', amount: 0, text: 'phi 0' }]);
        return;
      case 'return':
        await this.#return(day, [{ reference: 'XRETURN', amount: -60_000 }]);
        return;
      case 'return REFUND_UNMATCHED':
        this.planted.push({ category: 'REFUND_UNMATCHED', names: await this.#return(day, []) });
        return;
      case 'return AMOUNT_OVER':
      case 'return AMOUNT_UNDER': {
        const is = category.slice('return '.length);
        const debit = { reference: `XRET${is.at(-1)}`, amount: is === 'AMOUNT_OVER' ? -60_001 : -59_999 };
        const key = await this.#return(day, [debit]);
        const booked = vietnamCalendar.workingDayFrom(addDays(day, 1));
        this.planted.push({ category: is, names: namesOf(key, this.#line(booked, debit.reference)) });
        return;
      }
      case 'return DUPLICATE_PAYMENT': {
        const debit = { reference: 'XONCE', amount: -60_000 };
        const key = await this.#return(day, [debit, { ...debit, reference: 'XAGAIN' }]);
        const booked = vietnamCalendar.workingDayFrom(addDays(day, 1));
        const lines = [this.#line(booked, 'XONCE'), this.#line(booked, 'XAGAIN')];
        this.planted.push({ category: 'DUPLICATE_PAYMENT', names: namesOf(key, ...lines) });
        return;
      }
      case 'provider refund':
        await this.#refund(day);
        return;
      case 'provider REFUND_UNMATCHED':
        this.planted.push({ category: 'REFUND_UNMATCHED', names: await this.#refund(day, { ours: false }) });
        this.planted.push({ category: 'REFUND_UNMATCHED', names: await this.#refund(day, { told: null }) });
        return;
      case 'provider AMOUNT_UNDER':
        this.planted.push({ category: 'AMOUNT_UNDER', names: await this.#refund(day, { told: 24_999 }) });
        return;
      case 'provider chargeback':
        await this.#chargeback(day);
        return;
      case 'provider REVERSED':
        this.planted.push({ category: 'REVERSED', names: await this.#chargeback(day, { ours: false }) });
        return;
      case 'provider fee by a dong': {
        await this.#card(day, { fee: FEE + 1 });
        this.#payoutDiffers.set(day, (this.#payoutDiffers.get(day) ?? 0) + 1);
        const booked = vietnamCalendar.workingDayFrom(addDays(day, 1));
        this.planted.push({
          category: 'ROUNDING',
          names: namesOf(`payout:${PROVIDER}:${day}:${ACCOUNT}`, this.#line(booked, `PO${day.replaceAll('-', '')}`)),
        });
        return;
      }
      case 'provider amounts swapped':
        this.planted.push({
          category: 'AMOUNT_OVER',
          names: await this.#card(day, { amount: 100_000, told: 200_000 }),
        });
        this.planted.push({
          category: 'AMOUNT_UNDER',
          names: await this.#card(day, { amount: 200_000, told: 100_000 }),
        });
        return;
      case 'provider AMBIGUOUS': {
        // Of another order than ours: which of them paid, nobody can say.
        const transactionId = await this.#card(day, { told: null, amount: 70_000 });
        const other = paymentReference(InvoiceNumber.parse('987654321098'), 1);
        this.#tell(day, transactionId, 70_000, { reference: other });
        this.planted.push({ category: 'AMBIGUOUS', names: transactionId });
        return;
      }
      case 'provider MISSING_AT_US':
        this.planted.push({ category: 'MISSING_AT_US', names: await this.#card(day, { ours: false }) });
        return;
      case 'provider MISSING_AT_BANK':
        this.planted.push({ category: 'MISSING_AT_BANK', names: await this.#card(day, { told: null }) });
        return;
      case 'provider AMOUNT_OVER':
        this.planted.push({ category: 'AMOUNT_OVER', names: await this.#card(day, { amount: 50_000, told: 50_001 }) });
        return;
      default:
        throw new Error(`nobody knows how to plant ${category}`);
    }
  }

  /** What stands open at the end, told as it was planted. */
  found(): Planted[] {
    return this.world.work
      .contents()
      .exceptions.filter(({ state }) => state === 'OPEN')
      .map(({ category, items, book, transactionId }) => {
        const names = items ? [...items.ours, ...items.theirs].sort() : [];
        if (category === 'AMBIGUOUS' && items?.theirs.length === 2)
          return { category, names: [...items.ours, 'AND TWO LINES'].sort().join(' ') };
        return { category, names: book === undefined ? transactionId : names.join(' ') };
      })
      .sort(byWords);
  }

  /** What must be found. */
  wanted(): Planted[] {
    return [...this.planted].sort(byWords);
  }
}

const byWords = (one: Planted, other: Planted): number =>
  `${one.category} ${one.names}` < `${other.category} ${other.names}` ? -1 : 1;

export const CATEGORIES = [
  'MISSING_AT_BANK',
  'MISSING_AT_US',
  'AMOUNT_OVER',
  'AMOUNT_UNDER',
  'DUPLICATE_PAYMENT',
  'AMBIGUOUS',
  'WRONG_ACCOUNT',
  'REFUND_UNMATCHED',
  'REVERSED',
  'DATE_SHIFT',
  'FEE_DIFFERENCE',
  'ROUNDING',
  'BALANCE_BREAK',
  'FILE_INVALID',
  'LATE_AFTER_EXPIRY',
  'provider DATE_SHIFT',
  'provider MISSING_AT_US',
  'provider MISSING_AT_BANK',
  'provider AMOUNT_OVER',
  'provider AMOUNT_UNDER',
  'provider AMBIGUOUS',
  'provider REFUND_UNMATCHED',
  'provider REVERSED',
  'return REFUND_UNMATCHED',
  'return AMOUNT_OVER',
  'return AMOUNT_UNDER',
  'return DUPLICATE_PAYMENT',
];

/** What must be found in categories that stand above already, or be no difference at all. */
const FURTHER = [
  ...['amounts swapped', 'line twice', 'line of nothing', 'return', 'provider refund', 'provider chargeback'],
  ...['provider fee by a dong', 'provider amounts swapped'],
];

const PAYOUTS = ['FEE_DIFFERENCE', 'ROUNDING', 'provider fee by a dong'];

const namesOf = (...names: string[]): string => names.sort().join(' ');

const sequenceOf = (day: Day): string => `${day.slice(5).replace('-', '')}/1`;

function mt940(day: Day, opening: number, lines: readonly Line[]): string {
  const short = day.slice(2).replaceAll('-', '');
  const closing = lines.reduce((sum, { amount }) => sum + amount, opening);
  return [
    ':20:STMT',
    `:25:${ACCOUNT}`,
    `:28C:${sequenceOf(day)}`,
    `:60F:C${short}VND${opening},`,
    ...lines.flatMap(({ reference, amount, text, mark }) => [
      `:61:${short}${short.slice(2)}${mark ?? (amount < 0 ? 'D' : 'C')}${Math.abs(amount)},NTRFNONREF${reference === '' ? '' : `//${reference}`}`,
      `:86:${text}`,
    ]),
    `:62F:C${short}VND${closing},`,
    '-',
    '',
  ].join('\r\n');
}
