import { describe, expect, it } from 'vitest';
import { ColumnMap, columnMapFor, columnMaps } from '../../../shared/domain/reconciliation/column-maps.ts';
import { explain, FaultCode, fault, MAX_FAULTS } from '../../../shared/domain/reconciliation/faults.ts';
import { type Damage, damages, dice } from '../../dsl/damages.ts';
import { DAY, fileOf, HEADER, LAND_TERMINAL, lineText, readWhole, sandboxMap } from './samples.ts';

const faultsOf = (text: string | Uint8Array, map?: ColumnMap) => {
  const { verdict } = readWhole(text, map);
  return verdict.kind === 'refused' ? verdict.faults : [];
};

const good = { id: 'T1' };
/** A file with one line as given, and a trailer that would fit. */
const withLine = (text: string, sum = 135_000) => `${HEADER}\r\n${text}\r\nTOTAL,1,${sum}\r\n`;

describe('a settlement file', () => {
  it('is read whole when nothing is wrong with it', () => {
    const { verdict } = readWhole(
      fileOf(good, { id: 'T2', amount: 20_000 }, { id: 'T3', status: 'DECLINED', amount: 5 }),
    );
    expect(verdict).toEqual({ kind: 'read', lines: 3, collected: { count: 2, amount: 155_000 } });
  });

  it('may come from a day without a payment', () => {
    expect(readWhole(fileOf()).verdict).toEqual({ kind: 'read', lines: 0, collected: { count: 0, amount: 0 } });
  });

  it.each([
    [
      'columns in another order and in Vietnamese, composed or not',
      `Số tiền,${'Mã giao dịch'.normalize('NFD')},KẾT QUẢ,Loại tiền,Điểm thu,Thời gian thanh toán,Mã tham chiếu\r\n135000,T1,OK,VND,${LAND_TERMINAL},${DAY} 23:59:59,\r\nTOTAL,1,135000,,,,`,
    ],
    ['a byte order mark', `\uFEFF${fileOf(good)}`],
    [
      'quoted fields',
      `${HEADER}\r\n"T1","","135000","VND","${LAND_TERMINAL}","OK","${DAY} 00:00:00"\r\n"TOTAL","1","135000"`,
    ],
    ['a column that is known and not read', `${HEADER},note\r\n${lineText(good)},=1+1\r\nTOTAL,1,135000`],
    [
      'lines of the day before and after',
      fileOf({ id: 'T1', paidAt: '2026-11-19 23:59:59' }, { id: 'T2', paidAt: '2026-11-21 00:00:00' }),
    ],
  ])('is taken with %s', (_, text) => expect(faultsOf(text)).toEqual([]));

  const lines: [string, string | Uint8Array, ReturnType<typeof fault>[]][] = [
    ['has nothing in it', '', [fault(0, 'file_empty')]],
    ['has a byte order mark only', '\uFEFF', [fault(0, 'file_empty')]],
    ['lacks a column', fileOf(good).replace('terminal,', ''), [fault(1, 'column_missing', { column: 'terminal' })]],
    [
      'has a column that is not known',
      fileOf(good).replace('txnId', 'txn'),
      [fault(1, 'column_unknown', { position: 1 }), fault(1, 'column_missing', { column: 'txnId' })],
    ],
    [
      'has a column twice',
      fileOf(good).replace('orderRef', 'Transaction'),
      [fault(1, 'column_twice', { column: 'txnId' }), fault(1, 'column_missing', { column: 'orderRef' })],
    ],
    [
      'has a line with too few fields',
      withLine('T1,,135000,VND'),
      [fault(2, 'field_count', { count: 4, expected: 7 })],
    ],
    [
      'has a line with too many fields',
      withLine(`${lineText(good)},`),
      [fault(2, 'field_count', { count: 8, expected: 7 })],
    ],
    [
      'has a blank line',
      `${HEADER}\r\n\r\n${lineText(good)}\r\nTOTAL,1,135000`,
      [fault(2, 'field_count', { count: 1, expected: 7 })],
    ],
    ['has no transaction id', withLine(lineText({ id: '' })), [fault(2, 'transaction_malformed')]],
    ['has a transaction id with a space', withLine(lineText({ id: 'T 1' })), [fault(2, 'transaction_malformed')]],
    [
      'has a transaction id of 65 characters',
      withLine(lineText({ id: 'T'.repeat(65) })),
      [fault(2, 'transaction_malformed')],
    ],
    ['has a transaction id twice', fileOf(good, good), [fault(3, 'transaction_twice')]],
    [
      'has a declined and a collected line of one id',
      fileOf({ ...good, status: 'DECLINED' }, good),
      [fault(3, 'transaction_twice')],
    ],
    [
      'has a reference that is no plain text',
      withLine(lineText({ id: 'T1', reference: 'hóa đơn' })),
      [fault(2, 'reference_malformed')],
    ],
    ['has another currency', withLine(lineText({ id: 'T1', currency: 'USD' })), [fault(2, 'currency_other')]],
    [
      'has the currency in other letters',
      withLine(lineText({ id: 'T1', currency: 'vnd' })),
      [fault(2, 'currency_other')],
    ],
    [
      'has a terminal of somebody else',
      withLine(lineText({ id: 'T1', terminal: 'LAND02' })),
      [fault(2, 'terminal_foreign')],
    ],
    [
      'has a status that is not known',
      withLine(lineText({ id: 'T1', status: 'PENDING' })),
      [fault(2, 'status_unknown')],
    ],
    [
      'has a time on 30 February',
      withLine(lineText({ id: 'T1', paidAt: '2026-02-30 00:00:00' })),
      [fault(2, 'time_malformed')],
    ],
    [
      'has a time at hour 24',
      withLine(lineText({ id: 'T1', paidAt: `${DAY} 24:00:00` })),
      [fault(2, 'time_malformed')],
    ],
    [
      'has a time in another format',
      withLine(lineText({ id: 'T1', paidAt: '20/11/2026 09:14:03' })),
      [fault(2, 'time_malformed')],
    ],
    [
      'has a payment of two days before',
      withLine(lineText({ id: 'T1', paidAt: '2026-11-18 23:59:59' })),
      [fault(2, 'day_other')],
    ],
    [
      'has a payment of two days after',
      withLine(lineText({ id: 'T1', paidAt: '2026-11-22 00:00:00' })),
      [fault(2, 'day_other')],
    ],
    ['has no trailer', `${HEADER}\r\n${lineText(good)}\r\n`, [fault(0, 'trailer_missing')]],
    ['has a line after the trailer', `${fileOf(good)}${lineText({ id: 'T2' })}\r\n`, [fault(4, 'line_after_trailer')]],
    ['has a trailer without a sum', `${HEADER}\r\n${lineText(good)}\r\nTOTAL,1\r\n`, [fault(3, 'trailer_malformed')]],
    [
      'has a trailer with words',
      `${HEADER}\r\n${lineText(good)}\r\nTOTAL,one,135000\r\n`,
      [fault(3, 'trailer_malformed')],
    ],
    [
      'has a trailer with more in it',
      `${HEADER}\r\n${lineText(good)}\r\nTOTAL,1,135000,9,,,\r\n`,
      [fault(3, 'trailer_malformed')],
    ],
    [
      'has a trailer that counts one line more',
      fileOf(good).replace('TOTAL,1', 'TOTAL,2'),
      [fault(3, 'trailer_count', { count: 1, expected: 2 })],
    ],
    [
      'has a trailer that is a dong off',
      fileOf(good).replace('TOTAL,1,135000', 'TOTAL,1,135001'),
      [fault(3, 'trailer_sum', { sum: 135_000, expected: 135_001 })],
    ],
    [
      'lost a line',
      fileOf(good, { id: 'T2' }).replace(`${lineText({ id: 'T2' })}\r\n`, ''),
      [
        fault(3, 'trailer_count', { count: 1, expected: 2 }),
        fault(3, 'trailer_sum', { sum: 135_000, expected: 270_000 }),
      ],
    ],
    ['has a quote that never closes', fileOf(good).replace('T1', '"T1'), [fault(2, 'quotes_unbalanced')]],
    ['is not UTF-8', Buffer.from(fileOf({ id: 'T\u00e91' }), 'latin1'), [fault(2, 'not_utf8')]],
    ['is UTF-16', Buffer.from(fileOf(good), 'utf16le'), [fault(1, 'control_character')]],
    [
      'has sums beyond all bounds',
      `${HEADER}\r\n${['A', 'B'].map((id) => lineText({ id, amount: 999_999_999_999_999 })).join('\r\n')}\r\n`,
      [fault(3, 'sum_out_of_range')],
    ],
  ];
  it.each(lines)('is refused when it %s', (_, text, expected) => expect(faultsOf(text)).toEqual(expected));

  it.each([
    '1e5',
    '12..34',
    '-1',
    '+1',
    '1.0',
    '1,000',
    '0x10',
    '１３５０００',
    '',
    ' 135000',
    '135000 ',
    '0135000',
    '0',
    '1000000000000000',
    'NaN',
    '١٢',
  ])('is refused when an amount is %j', (amount) =>
    expect(faultsOf(withLine(lineText({ id: 'T1', amount: `"${amount}"` })))).toEqual([fault(2, 'amount_malformed')]),
  );

  describe('with separators of thousands, where its map says so', () => {
    const map: ColumnMap = { ...sandboxMap(), thousands: '.' };
    it.each(['135.000', '135000'])('takes %s', (amount) =>
      expect(faultsOf(withLine(lineText({ id: 'T1', amount })), map)).toEqual([]),
    );
    it.each(['135.00', '1350.00', '.135000', '135000.', '135..000', '1350.000', '13.5000'])('refuses %s', (amount) =>
      expect(faultsOf(withLine(lineText({ id: 'T1', amount })), map)).toEqual([fault(2, 'amount_malformed')]),
    );
  });

  it('names every wrong line, up to a hundred', () => {
    const wrong = Array.from({ length: MAX_FAULTS + 20 }, (_, index) => ({ id: `T${index}`, currency: 'USD' }));
    const faults = faultsOf(fileOf(good, ...wrong));
    expect(faults).toHaveLength(MAX_FAULTS);
    expect(faults[0]).toEqual(fault(3, 'currency_other'));
    expect(faults.at(-1)).toEqual(fault(102, 'currency_other'));
  });

  it('counts lines as an editor does, also after a line end inside quotes', () => {
    const text = `${HEADER},note\r\n${lineText(good)},"a\r\nb"\r\n${lineText({ id: 'T2', currency: 'USD' })},\r\nTOTAL,2,270000`;
    expect(faultsOf(text)).toEqual([fault(4, 'currency_other')]);
  });

  it('reads times of days in whatever zone the process runs', () => {
    const zone = process.env['TZ'];
    try {
      for (const TZ of ['UTC', 'America/Los_Angeles', 'Asia/Ho_Chi_Minh']) {
        process.env['TZ'] = TZ;
        expect(
          faultsOf(fileOf({ id: 'T1', paidAt: `${DAY} 00:00:00` }, { id: 'T2', paidAt: `${DAY} 23:59:59` })),
        ).toEqual([]);
      }
    } finally {
      if (zone === undefined) delete process.env['TZ'];
      else process.env['TZ'] = zone;
    }
  });
});

describe('the file of VNPAY, version 1', () => {
  const header =
    'STT,Mã giao dịch VNPAY,Mã đơn hàng,Số tiền (VND),Loại tiền,Mã website,Trạng thái,Thời gian thanh toán';
  const map = columnMapFor('vnpay') as ColumnMap;

  it('counts and sums what was collected', () => {
    const text = `${header}\r\n1,14000001,,135000,VND,${LAND_TERMINAL},Thành công,20/11/2026 09:14:03\r\n2,14000002,,20000,VND,${LAND_TERMINAL},Thất bại,20/11/2026 10:00:00\r\nTỔNG CỘNG,1,135000,,,,,`;
    expect(readWhole(text, map).verdict).toEqual({ kind: 'read', lines: 2, collected: { count: 1, amount: 135_000 } });
  });
});

describe('column maps', () => {
  it('have ids of their own, and the provider’s newest is found without one', () => {
    expect(new Set(columnMaps.map((map) => map.id)).size).toBe(columnMaps.length);
    expect(columnMapFor('vnpay')?.id).toBe('vnpay.settlement.v1');
    expect(columnMapFor('vnpay', 'sandbox-bank.settlement.v1')).toBeUndefined();
    expect(columnMapFor('nobody')).toBeUndefined();
  });

  it('keep to their schema, and never name one column by two roles', () => {
    for (const map of columnMaps) {
      expect(ColumnMap.parse(map)).toEqual(map);
      const names = [...Object.values(map.columns).flat(), ...map.ignored].map((name) => name.toLowerCase());
      expect(new Set(names).size).toBe(names.length);
    }
  });
});

describe('reasons', () => {
  it('are told in two languages with their figures filled in', () => {
    expect(explain(fault(3, 'trailer_count', { count: 1, expected: 2 }))).toEqual({
      vi: 'Đếm được 1 dòng, dòng tổng ghi 2.',
      en: 'Lines counted: 1; the trailer says 2.',
    });
    for (const code of FaultCode.options) expect(explain(fault(1, code)).vi).not.toBe('');
  });
});

describe('a settlement file that was damaged on its way', () => {
  const whole = Buffer.from(fileOf({ id: 'T1' }, { id: 'T2', amount: 20_001 }, { id: 'T3', status: 'DECLINED' }));
  const { verdict } = readWhole(whole);

  it.each(Object.keys(damages))('%s is refused or says the same', (name) => {
    const roll = dice(7);
    for (let round = 0; round < 400; round += 1) {
      const outcome = readWhole((damages[name] as Damage)(whole, roll)).verdict;
      if (outcome.kind === 'read') expect(outcome, `round ${round}`).toEqual(verdict);
      else expect(outcome.faults.length).toBeGreaterThan(0);
    }
  });
});
