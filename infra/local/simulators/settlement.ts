import { type Transaction, vietnamTime } from './speech.ts';

/**
 * The list of what a provider collected on one day, in Vietnam. VNPAY's columns are those that the service reads; no
 * provider's layout is public, so all others use one of their own that tells the same.
 */
export function settlementFile(provider: string, date: string, transactions: readonly Transaction[]): string {
  const rows = transactions.filter(({ at }) => vietnamTime(at).startsWith(date));
  const collected = rows.filter(({ paid }) => paid);
  const sum = (list: readonly Transaction[]) => list.reduce((total, { amount }) => total + amount, 0);
  const table =
    provider === 'vnpay'
      ? [
          'STT,Mã website,Mã giao dịch VNPAY,Mã đơn hàng,Số tiền (VND),Loại tiền,Trạng thái,Thời gian thanh toán'.split(
            ',',
          ),
          ...rows.map(({ id, order, amount, paid, at }, index) => {
            const [year, month, day] = date.split('-');
            const state = paid ? 'Thành công' : 'Thất bại';
            const time = `${day}/${month}/${year} ${vietnamTime(at).slice(11)}`;
            return [index + 1, order.terminal, id, order.reference, amount, 'VND', state, time];
          }),
          ['TOTAL', collected.length, sum(collected)],
        ]
      : [
          'txnId,orderRef,amount,currency,terminal,result,paidAt'.split(','),
          ...rows.map(({ id, order, amount, paid, at }) => {
            const result = paid ? 'OK' : 'DECLINED';
            return [id, order.reference, amount, 'VND', order.terminal, result, vietnamTime(at)];
          }),
          ['TOTAL', rows.length, sum(rows)],
        ];
  return table.map((row) => `${row.join(',')}\r\n`).join('');
}
