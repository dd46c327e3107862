import type { PdfBlock } from '../../shared/documents/pdf.ts';
import { pdf } from '../../shared/documents/pdf.ts';
import { inWords } from '../../shared/domain/money/words.ts';
import { checkCode, type KeptReceipt, paidThroughOf } from '../../shared/domain/receipt/receipt.ts';
import { reasonWords, titleOf } from '../../shared/domain/receipt/xml.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';

/** A print of a receipt. The document that counts is the signed XML: the print says so, and its QR code leads to the check. */

const NUMBER_DIGITS = 8;

/** `15:04:05 27/11/2026`. */
const written = (at: Instant): string => {
  const text = formatInstant(at);
  return `${text.slice(11, 19)} ${text.slice(0, 10).split('-').reverse().join('/')}`;
};
const dong = (amount: number): string => `${String(amount).replace(/\B(?=(?:\d{3})+$)/g, '.')} đồng`;

const field = (vi: string, en: string, value: string | undefined) =>
  value === undefined ? [] : [{ label: `${vi} / ${en}`, value }];

/** Where anybody may check whether a receipt stands. */
export const checkUrl = (receipt: KeptReceipt, publicUrl: string): string => `${publicUrl}/check/${checkCode(receipt)}`;

const numberOf = ({ number }: KeptReceipt): string => String(number).padStart(NUMBER_DIGITS, '0');

/** One document of one or several receipts. */
export async function receiptPdf(
  receipts: readonly [KeptReceipt, ...KeptReceipt[]],
  publicUrl: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const [first] = receipts;
  const options = {
    title: `${titleOf[first.kind].vi} ${first.symbol} ${numberOf(first)}`,
    language: 'vi' as const,
    landscape: false,
    createdAt: first.issuedAt,
    footer: () => receipts.map((one) => `${one.form} ${one.symbol} ${numberOf(one)}`).join(', '),
  };
  const blocks = receipts.flatMap((one) => blocksOf(one, numberOf(one), checkUrl(one, publicUrl)));
  for await (const chunk of pdf(blocks, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function blocksOf(receipt: KeptReceipt, number: string, url: string): PdfBlock[] {
  const { collector, payer, payment, replaces, replacedBy, total } = receipt;
  const words = inWords(total);
  return [
    {
      kind: 'head',
      left: [collector.name, `Mã số thuế: ${collector.taxCode}`, ...(collector.address ? [collector.address] : [])],
      right: ['BIÊN LAI ĐIỆN TỬ', `Mẫu số: ${receipt.form}`, `Ký hiệu: ${receipt.symbol}`, `Số: ${number}`],
    },
    { kind: 'title', title: titleOf[receipt.kind], under: [`Lập lúc ${written(receipt.issuedAt)}`] },
    ...(replacedBy
      ? [
          {
            kind: 'text' as const,
            bold: true,
            text: `BIÊN LAI NÀY ĐÃ BỊ THAY THẾ bởi ${replacedBy}. / This receipt was replaced by ${replacedBy}.`,
          },
        ]
      : []),
    {
      kind: 'fields',
      fields: [
        ...field('Người nộp', 'Payer', payer.name),
        ...field('Mã số thuế', 'Tax code', payer.taxCode),
        ...field('Số định danh', 'Citizen number', payer.idNumber),
        ...field('Mã hồ sơ', 'Dossier', receipt.dossierCode),
        ...field('Thủ tục', 'Procedure', receipt.procedureCode),
        ...field('Hình thức nộp', 'Paid through', paidThroughOf(receipt)),
        ...field('Thời điểm nộp', 'Paid at', written(payment.paidAt)),
        ...field('Mã giao dịch', 'Movement', payment.movementId),
        ...(replaces
          ? field(
              'Thay thế biên lai',
              'Replaces',
              `${replaces.symbol} số ${String(replaces.number).padStart(NUMBER_DIGITS, '0')}: ${reasonWords[replaces.reason].vi}`,
            )
          : []),
      ],
    },
    {
      kind: 'table',
      columns: [
        { title: { vi: 'STT', en: 'No.' }, kind: 'count', width: 5 },
        { title: { vi: 'Tên khoản thu', en: 'Fee' }, kind: 'text', width: 50 },
        { title: { vi: 'Mã', en: 'Code' }, kind: 'text', width: 16 },
        { title: { vi: 'Số lượng', en: 'Quantity' }, kind: 'count', width: 9 },
        { title: { vi: 'Số tiền (đồng)', en: 'Amount (VND)' }, kind: 'amount', width: 18 },
      ],
      rows: (async function* () {
        yield receipt.lines.map(({ name, feeItem, quantity, amount }, at) => [at + 1, name, feeItem, quantity, amount]);
      })(),
      last: () => [null, 'Tổng cộng / Total', null, null, total],
    },
    { kind: 'text', bold: true, text: `Số tiền bằng chữ: ${words.vi} (${dong(total)}).` },
    { kind: 'text', text: `In words: ${words.en}.` },
    {
      kind: 'qr',
      content: url,
      beside: [
        'Quét mã để kiểm tra biên lai / Scan to check the receipt',
        `Mã tra cứu / Code: ${checkCode(receipt)}`,
        url,
        receipt.xml === undefined
          ? 'Biên lai đang chờ ký số. / The signature is pending.'
          : 'Bản in của biên lai điện tử đã ký số; bản có giá trị là tệp XML đã ký. / A print of a digitally signed receipt: the signed XML is the original.',
      ],
    },
  ];
}
