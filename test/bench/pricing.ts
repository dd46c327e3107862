import { everyProcedure, procedureByCode } from '../../shared/catalogue/catalogue.ts';
import { PackedCatalogue, pack } from '../../shared/catalogue/packed.ts';
import { QuoteFacts } from '../../shared/domain/fees/facts.ts';
import { price } from '../../shared/domain/fees/price.ts';
import { canonicalPrice } from '../../shared/domain/fees/priced.ts';
import { Procedure } from '../../shared/domain/fees/procedure.ts';
import { counted, median, ROUNDS, type Row, timed } from './rows.ts';

/** What a price costs, and what a catalogue of the whole country costs to open. */

/** Procedures of the national catalogue. */
const NATIONAL = 6_842;
const PRICES_A_ROUND = 500;
/** CPU of one price on top of parsing, in microseconds. */
const MAX_PRICE_MICROSECONDS = 100;
/** CPU to open the national catalogue at the start of a function, in microseconds: a thirtieth of the start itself. */
const MAX_OPEN_MICROSECONDS = 1_000;
/** CPU of a process's first search through the national catalogue, in microseconds. */
const MAX_FIRST_SEARCH_MICROSECONDS = 20_000;
/** The procedure that a first quote reads, in bytes. */
const MAX_FIRST_READ_BYTES = 64_000;

const AT = Date.parse('2026-11-22T10:00:00+07:00');
const evidence = { kind: 'vneid', reference: 'VN-1' };
const citizen = [
  { condition: 'vneid-level-2', evidence },
  { condition: 'five-papers-integrated', evidence },
];

/** One dossier of every shape. */
const dossiers: [name: string, code: string, facts: unknown][] = [
  ['flat, with a relief', '3.000347', { reliefs: citizen }],
  ['three lines', '3.000346', { items: ['-01', '-03', '-07'].map((end) => ({ feeItem: `3.000346${end}` })) }],
  ['tiers of pages', '2.000815', { items: [{ feeItem: '2.000815-01', pages: 120, quantity: 4 }] }],
  ['bands', '9.910001', { items: [{ feeItem: '9.910001-02', value: 3_456_789_012 }] }],
  ['household of five', '9.920001', { members: 5, joinTogether: true, months: 12 }],
  ['chosen income', '9.930001', { income: 5_000_000, months: 12, supportGroup: 'other' }],
  [
    'rate, relief, cap and quota',
    '9.960001',
    {
      items: [{ feeItem: '9.960001-01', value: 90_000_000_000 }],
      reliefs: citizen,
      priorUses: [{ quota: 'tt-117-2026-land-house', uses: 0 }],
    },
  ],
];

const rounded = (value: number): number => Math.round(value * 10) / 10;

/** CPU of one call in microseconds, the median of rounds after one to warm up. */
function microseconds(times: number, call: () => void): number {
  const rounds = Array.from({ length: ROUNDS + 1 }, () => {
    const before = process.cpuUsage();
    for (let time = 0; time < times; time += 1) call();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / times;
  });
  return rounded(median(rounds.slice(1)));
}

function prices(): Row[] {
  return dossiers.map(([name, code, facts]) => {
    const procedure = procedureByCode(code);
    if (!procedure) throw new Error(`no procedure ${code}`);
    const request = {
      agencyCode: 'H26.12',
      channel: 'online' as const,
      submittedAt: AT,
      facts: QuoteFacts.parse(facts),
    };
    const measured = microseconds(PRICES_A_ROUND, () => {
      const result = price(procedure, request);
      if (result.kind !== 'priced') throw new Error(`${name}: ${result.detail.en}`);
      canonicalPrice(result);
    });
    return timed('price', `CPU of one price: ${name}`, measured, MAX_PRICE_MICROSECONDS, 'µs');
  });
}

/** As many procedures as the country has, made from those that are known. */
function national(): Procedure[] {
  const models = everyProcedure();
  return Array.from({ length: NATIONAL }, (_, place) => {
    const model = models[place % models.length];
    if (!model) throw new Error('no procedure to copy');
    const code = `${1 + (place % 3)}.${String(place).padStart(6, '0')}`;
    const own = (id: string) => id.replace(model.code, code);
    return {
      ...model,
      code,
      dvcCode: `${code}.01`,
      items: model.items.map((item) => ({ ...item, id: own(item.id) })),
      choices: model.choices.map((choice) => ({ ...choice, of: choice.of.map(own) })),
    };
  });
}

function opening(): Row[] {
  const packed = pack(national());
  const { index, lines } = packed;
  const searched = Buffer.from(packed.search);
  const search = () => searched.toString('utf8');
  let reads = 0;
  let bytes = 0;
  const read = (offset: number, length: number) => {
    reads += 1;
    bytes += length;
    return lines.subarray(offset, offset + length);
  };
  const last = `${1 + ((NATIONAL - 1) % 3)}.${String(NATIONAL - 1).padStart(6, '0')}`;
  const open = microseconds(20, () => new PackedCatalogue({ index: Buffer.from(index), read, search }));
  const atStart = reads;
  const first = microseconds(20, () => {
    if (!new PackedCatalogue({ index, read, search }).byCode(last)) throw new Error(`no procedure ${last}`);
  });
  const firstSearch = microseconds(5, () => {
    const { data } = new PackedCatalogue({ index, read, search }).find({ search: 'giấy phép', from: 0, limit: 50 });
    if (data.length === 0) throw new Error('nothing found');
  });
  const before = bytes;
  new PackedCatalogue({ index, read, search }).byCode(last);
  const whole = process.cpuUsage();
  for (const line of lines.toString('utf8').trimEnd().split('\n')) Procedure.parse(JSON.parse(line));
  const { user, system } = process.cpuUsage(whole);
  // What is counted is the same in every run; times are printed only.
  const row = (what: string, measured: number, limit: number, unit: string): Row =>
    (unit === 'µs' ? timed : counted)('start', `${NATIONAL} procedures: ${what}`, measured, limit, unit);
  return [
    row('read at a start', atStart, 0, ''),
    row('CPU to open', open, MAX_OPEN_MICROSECONDS, 'µs'),
    row('CPU of the first procedure', first, MAX_OPEN_MICROSECONDS, 'µs'),
    row('CPU of the first search', firstSearch, MAX_FIRST_SEARCH_MICROSECONDS, 'µs'),
    row('bytes that the first quote parses', bytes - before, MAX_FIRST_READ_BYTES, 'B'),
    row('bytes of the index', index.length, 250_000, 'B'),
    // What it would cost to check everything at every start: told, not bounded.
    row('CPU to parse and check all of it', rounded(user + system), Number.POSITIVE_INFINITY, 'µs'),
  ];
}

/** CPU of one price of every shape, and of opening a catalogue of the whole country. */
export const pricing = (): Row[] => [...prices(), ...opening()];
