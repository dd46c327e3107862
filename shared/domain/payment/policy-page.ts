import { choices } from './choices.ts';
import { MAX_MOVEMENTS } from './movement.ts';
import { type Arrival, arrivals, type Cell, type Column, columns, kinds, policy } from './policy.ts';
import { texts } from './told.ts';

/** The policy table as a page for agencies and finance staff, made from the table and nothing else. */

const columnNames: Readonly<Record<Column, string>> = {
  open: 'mở / open',
  paid: 'đã thanh toán / paid',
  partially_refunded: 'hoàn một phần / partly refunded',
  refunded: 'đã hoàn / refunded',
  expired: 'hết hạn / expired',
  cancelled: 'đã hủy / cancelled',
  replaced: 'đã được thay / replaced',
  none: 'không có hóa đơn / no invoice',
};

const arrivalNames: Readonly<Record<Arrival, string>> = {
  exact: 'Đúng số tiền phải nộp / exactly what is due',
  less: 'Ít hơn, cũng là nhiều khoản nhỏ / less, also many small transfers',
  more: 'Nhiều hơn / more',
  hundredfold: 'Gấp 100 lần / a hundred times',
  hundredth: 'Một phần trăm / a hundredth',
  otherCurrency: 'Ngoại tệ / another currency',
  otherTerminal: 'Điểm thu khác / another terminal',
  unknownAttempt: 'Mã tham chiếu không rõ / unknown reference',
  reversedBefore: 'Khoản tiền mà lệnh đảo đã đến trước / money whose reversal came first',
  noRoom: `Khoản thứ ${MAX_MOVEMENTS + 1} / money beyond the places of an invoice`,
  again: 'Báo lại khoản đã ghi / told again',
  contradiction: 'Báo khác về khoản đã ghi / another truth about it',
  paymentReversed: 'Ngân hàng đảo khoản thanh toán / a payment is reversed by the bank',
  otherReversed: 'Ngân hàng đảo tiền thừa, chưa rõ / other money is reversed by the bank',
  reversedAndRefunded:
    'Tiền bị đảo mà khoản hoàn trả đã đi hoặc có thể đã đi / reversed, and a refund is gone or perhaps on its way',
  reversedFirst: 'Lệnh đảo đến trước khoản tiền / a reversal before its money',
  deskReversed: 'Hủy khoản thu tại quầy / a payment at the desk is taken back',
  declined: 'Bị từ chối, cũng sau khi thành công / declined, also after success',
  declinedElsewhere: 'Từ chối của điểm thu khác / declined elsewhere',
  inLimbo: 'Đã trừ tiền, chưa thành công / debited, not successful',
  unreadable: 'Có chữ ký, không đọc được / signed but unreadable',
  notFinal: 'Chưa có kết quả / no final answer',
};

/** The account whose balance the money adds to, or takes from. */
const accounts: Readonly<Record<Cell['enters'], string>> = {
  payment: 'debit clearing (desk), credit payable',
  part: 'debit clearing (desk), credit payable',
  surplus: 'debit clearing, credit surplus',
  unmatched: 'debit clearing, credit unmatched',
  reversal: 'debit what was credited, credit what was debited',
  parked: '– (waits)',
  review: '– (a person looks)',
  nothing: '–',
};

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function eventsFor({ enters, attempt }: Cell): string {
  if (enters === 'nothing') return attempt ? '`payment.failed.v1`' : '–';
  if (enters === 'parked' || enters === 'review') return '–';
  const success = attempt === 'ProviderConfirmed' ? '`payment.succeeded.v1` / `_late`, ' : '';
  return `${success}\`${kinds[enters].tells}\``;
}

const line = (where: string, cell: Cell): string =>
  row(
    where,
    cell.enters,
    accounts[cell.enters],
    cell.invoice ?? '–',
    cell.attempt ?? '–',
    cell.category ? `\`${cell.category}\`` : '–',
    eventsFor(cell),
    cell.told,
  );

function linesOf(arrival: Arrival): string[] {
  const groups = new Map<string, { where: string[]; cell: Cell }>();
  const add = (where: string, cell: Cell) => {
    const key = JSON.stringify(cell);
    const group = groups.get(key) ?? { where: [], cell };
    group.where.push(where);
    groups.set(key, group);
  };
  for (const column of columns) {
    const cell = policy[arrival][column];
    if (!cell) continue;
    if (!('choice' in cell)) add(columnNames[column], cell);
    else
      for (const [value, one] of Object.entries(cell.by))
        add(`${columnNames[column]}, \`${cell.choice}: ${value}\``, one);
  }
  return [...groups.values()].map(({ where, cell }) => line(where.join('; '), cell));
}

/** Markdown. */
export function policyPage(): string {
  const said = Object.entries(texts).flatMap(([key, { citizen, agency }]) => [
    row(key, `${citizen.vi}<br>${citizen.en}`, `${agency.vi}<br>${agency.en}`),
  ]);
  return [
    '# Chính sách tiền thực / What happens to authentic money',
    '',
    '<!-- Made by `npm run openapi` from shared/domain/payment/policy.ts; never edited by hand. -->',
    '',
    'Tiền thật không bao giờ "thất bại": khoản nào không phải thanh toán thường đều vào sổ (tiền thừa hoặc chưa rõ) hoặc có người xem.',
    'Authentic money is never "failed": whatever is no plain payment lands in the ledger (surplus or unmatched), or before a person.',
    '',
    'Trạng thái hóa đơn là trạng thái lúc ngân hàng của người nộp trừ tiền. The state of an invoice is the one that it had when the payer’s bank debited.',
    '',
    '## Lựa chọn của cơ quan / What agencies choose',
    '',
    '`PUT /v1/agencies/{code}`, `policy`. Giá trị đầu là mặc định; áp dụng cho hóa đơn lập từ đó. The first value is the default; a choice holds for invoices made from then on.',
    '',
    row('Lựa chọn / choice', 'Giá trị / alternatives'),
    row('---', '---'),
    ...Object.entries(choices).map(([choice, values]) =>
      row(`\`${choice}\``, values.map((value) => `\`${value}\``).join(', ')),
    ),
    '',
    ...arrivals.flatMap((arrival) => [
      `## ${arrivalNames[arrival]}`,
      '',
      row(
        'Hóa đơn / invoice',
        'Ghi / entered',
        'Sổ / ledger',
        'Hóa đơn chuyển / invoice',
        'Lần nộp / attempt',
        'Việc / work item',
        'Sự kiện / events',
        'Lời báo / told',
      ),
      row(...Array.from({ length: 8 }, () => '---')),
      ...linesOf(arrival),
      '',
    ]),
    '## Lời báo / What is said',
    '',
    row('', 'Người nộp / citizen', 'Cơ quan / agency'),
    row('---', '---', '---'),
    ...said,
    '',
  ].join('\n');
}
