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

  /** Lives through the month day by day, each morning with the files of the day before. `volume`: transfers a day. */
  async live(volume: number): Promise<void> {
    const days = daysBetween(this.#from, this.#to);
    const plantOn = new Map<Day, string[]>();
    // Early enough that what waits two working days is overdue by the end.
    const plantable = days.slice(1, -9).filter((day) => vietnamCalendar.isWorkingDay(day));
    for (const category of CATEGORIES) {
      const day = plantable[Math.floor(this.#random() * plantable.length)] as Day;
      plantOn.set(day, [...(plantOn.get(day) ?? []), category]);
    }
    let balance = 1_000_000;
    for (const day of days) {
      for (let count = 0; count < volume; count += 1) await this.#transfer(day);
      for (let count = 0; count < Math.ceil(volume / 2); count += 1) await this.#card(day);
      for (const category of plantOn.get(day) ?? []) await this.#plant(category, day);
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
    { amount = this.#amount(), told = amount as number | null, ours = true, hour = 10 } = {},
  ): Promise<string> {
    this.#number += 1;
    const transactionId = `SB${String(this.#number).padStart(9, '0')}`;
    const paidAt = startOfDay(day) + hour * HOUR + this.#number;
    const money = { transactionId, amount: dong(amount), paidAt, committedAt: paidAt + 1000, accountingDate: day };
    if (ours) await this.world.record(entryOf({ movementId: `mov_${PROVIDER}_${transactionId}`, ...money }));
    if (told !== null) this.#tell(day, transactionId, told);
    return transactionId;
  }

  #tell(day: Day, transactionId: string, amount: number): void {
    const line = `${transactionId},,${amount},VND,${LAND_TERMINAL},OK,${day} 10:00:00,1000`;
    this.#settlement.set(day, [...(this.#settlement.get(day) ?? []), line]);
  }

  async #settle(day: Day): Promise<void> {
    const lines = this.#settlement.get(day) ?? [];
    const amounts = lines.map((line) => Number(line.split(',')[2]));
    const total = amounts.reduce((sum, amount) => sum + amount, 0);
    const header = 'txnId,orderRef,amount,currency,terminal,result,paidAt,fee';
    const file = [header, ...lines, `TOTAL,${lines.length},${total}`, ''].join('\r\n');
    await this.world.takeInSettlement(file, `settle-${day}`, { businessDate: day });
    const net = total - 1000 * lines.length + (this.#payoutDiffers.get(day) ?? 0);
    const [year, month, date] = day.split('-');
    if (net > 0)
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
];

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
