/** Settlement files as the two providers of the demo write them: one line a transaction, a trailer that adds them up. */

export type SettlementRow = {
  transactionId: string;
  reference: string;
  dong: number;
  terminal: string;
  succeeded: boolean;
  /** `yyyyMMddHHmmss`, Vietnam time. */
  paidAt: string;
};

const BYTE_ORDER_MARK = '\uFEFF';

const lines = (rows: readonly (readonly (string | number)[])[]): string =>
  BYTE_ORDER_MARK + rows.map((row) => `${row.join(',')}\r\n`).join('');

const total = (rows: readonly SettlementRow[]): number => rows.reduce((sum, { dong }) => sum + dong, 0);

const parts = (time: string): [string, string, string, string] => [
  time.slice(0, 4),
  time.slice(4, 6),
  time.slice(6, 8),
  `${time.slice(8, 10)}:${time.slice(10, 12)}:${time.slice(12, 14)}`,
];

/** VNPAY's: its trailer counts and adds what it collected. */
export function vnpayFile(rows: readonly SettlementRow[]): string {
  const collected = rows.filter(({ succeeded }) => succeeded);
  return lines([
    [
      'STT',
      'Mã website',
      'Mã giao dịch VNPAY',
      'Mã đơn hàng',
      'Số tiền (VND)',
      'Loại tiền',
      'Trạng thái',
      'Thời gian thanh toán',
    ],
    ...rows.map(({ terminal, transactionId, reference, dong, succeeded, paidAt }, index) => {
      const [year, month, day, clock] = parts(paidAt);
      const state = succeeded ? 'Thành công' : 'Thất bại';
      return [index + 1, terminal, transactionId, reference, dong, 'VND', state, `${day}/${month}/${year} ${clock}`];
    }),
    ['TOTAL', collected.length, total(collected)],
  ]);
}

/** The sandbox bank's: its trailer counts and adds every line. */
export function sandboxBankFile(rows: readonly SettlementRow[]): string {
  return lines([
    ['txnId', 'orderRef', 'amount', 'currency', 'terminal', 'result', 'paidAt'],
    ...rows.map(({ terminal, transactionId, reference, dong, succeeded, paidAt }) => {
      const [year, month, day, clock] = parts(paidAt);
      const result = succeeded ? 'OK' : 'DECLINED';
      return [transactionId, reference, dong, 'VND', terminal, result, `${year}-${month}-${day} ${clock}`];
    }),
    ['TOTAL', rows.length, total(rows)],
  ]);
}
