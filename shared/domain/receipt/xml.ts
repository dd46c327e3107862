import { inVietnameseWords } from '../money/words.ts';
import { type Day, formatInstant, vietnamDay } from '../time.ts';
import { rightPayer } from './correction.ts';
import {
  type Collector,
  checkCode,
  type KeptReceipt,
  paidThroughOf,
  type Receipt,
  type ReceiptId,
  type ReceiptKind,
  type ReplacementReason,
} from './receipt.ts';

/**
 * A receipt as XML: a business part and a signature part (Circular 91/2026/TT-BTC, article 18). The text is written in
 * exclusive canonical form (W3C xml-exc-c14n) from the start, without namespaces, comments, attributes or space between
 * elements, so that what is signed is what stands there.
 */

export const titleOf: Readonly<Record<ReceiptKind, { vi: string; en: string }>> = {
  phi: { vi: 'Biên lai thu phí', en: 'Receipt of a fee for a service' },
  le_phi: { vi: 'Biên lai thu lệ phí', en: 'Receipt of a fee on an act of the state' },
  an_phi: { vi: 'Biên lai thu án phí, lệ phí Tòa án', en: 'Receipt of court fees' },
};

export const reasonWords: Readonly<Record<ReplacementReason, { vi: string; en: string }>> = {
  MONEY_WENT_BACK: { vi: 'Khoản thu đã hoàn trả', en: 'What was collected went back' },
  WRONG_DETAILS: { vi: 'Sai thông tin trên biên lai', en: 'What it said was wrong' },
};

type Node = { name: string; content: string | readonly (Node | undefined)[] };
const node = (name: string, content: Node['content'] | number): Node => ({
  name,
  content: typeof content === 'number' ? String(content) : content,
});
const optional = (name: string, text: string | undefined): Node | undefined =>
  text === undefined ? undefined : node(name, text);

/** Text as canonical XML has it. Throws for characters that XML 1.0 cannot carry. */
export function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is what this pattern is for.
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text) || !text.isWellFormed())
    throw new RangeError('a character that XML cannot carry');
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#xD;');
}

const written = ({ name, content }: Node): string =>
  `<${name}>${typeof content === 'string' ? escaped(content) : content.map((one) => (one ? written(one) : '')).join('')}</${name}>`;

/** What stands before and after the signature of a document: together they are its canonical form. */
export type UnsignedDocument = { before: string; after: string };

/** The form of a notice that an electronic document has errors, as the circular numbers it (article 20). */
export const NOTICE_FORM = '04/SS-CTĐT';

/** Explained, and no other document follows: the codes of the older form 04/SS-HĐĐT, unverified for this one. */
const EXPLAINED = 4;

/** What a notice of errors says. */
export type Notice = {
  form: string;
  /** The receipt's id and the place of the correction. */
  number: string;
  day: Day;
  collector: Collector;
  receipt: { receiptId: ReceiptId; form: string; symbol: string; number: number; day: Day };
  wrong: { name: string };
  right: { name: string };
  why: string;
};

/** The notice of a correction that two persons decided, by its place; `undefined` where it takes none. */
export function noticeOf({ corrections = [], ...receipt }: KeptReceipt, place: number): Notice | undefined {
  const { kind, state, payer, why, decidedAt } = corrections[place - 1] ?? {};
  if (kind !== 'notice' || state !== 'approved' || decidedAt === undefined || why === undefined) return undefined;
  const { receiptId, form, symbol, number, issuedAt, collector } = receipt;
  const { name } = rightPayer({ ...receipt, corrections: corrections.slice(0, place - 1) });
  return {
    form: NOTICE_FORM,
    number: `${receiptId}-${place}`,
    day: vietnamDay(decidedAt),
    collector,
    receipt: { receiptId, form, symbol, number, day: vietnamDay(issuedAt) },
    wrong: { name },
    right: { name: payer?.name ?? name },
    why,
  };
}

/** The notice of errors on a receipt, for the tax office. */
export function noticeDocument({ schema }: Pick<Receipt, 'schema'>, notice: Notice): UnsignedDocument {
  const { collector, receipt, wrong, right } = notice;
  const common = node('TTChung', [
    node('PBan', schema),
    node('MSo', notice.form),
    node('Ten', 'Thông báo chứng từ điện tử có sai sót'),
    node('So', notice.number),
    node('NTBao', notice.day),
    node('TNNT', collector.name),
    node('MST', collector.taxCode),
  ]);
  const content = node('DSCTu', [
    node('CTu', [
      node('STT', 1),
      node('MBLai', receipt.receiptId),
      node('KHMSCTu', receipt.form),
      node('KHCTu', receipt.symbol),
      node('SCTu', receipt.number),
      node('Ngay', receipt.day),
      node('TCTBao', EXPLAINED),
      node('NDSai', [node('TNNop', wrong.name)]),
      node('NDDung', [node('TNNop', right.name)]),
      node('LDo', notice.why),
    ]),
  ]);
  return {
    before: `<TBao>${written(node('DLTBao', [common, content]))}<DSCKS><TCThu>`,
    after: '</TCThu></DSCKS></TBao>',
  };
}

/** The document without its signature, which stands between the two: together they are its canonical form. */
export function receiptDocument(receipt: Receipt): UnsignedDocument {
  const { collector, payer, payment, replaces } = receipt;
  const common = node('TTChung', [
    node('PBan', receipt.schema),
    node('TBLai', titleOf[receipt.kind].vi),
    node('KHMSBLai', receipt.form),
    node('KHBLai', receipt.symbol),
    node('SBLai', receipt.number),
    node('NLap', vietnamDay(receipt.issuedAt)),
    node('TGLap', formatInstant(receipt.issuedAt)),
    node('DVTTe', 'VND'),
    node('MBLai', receipt.receiptId),
    node('MTCuu', checkCode(receipt)),
    replaces &&
      node('TTLQuan', [
        node('TCLQuan', 'Thay thế'),
        node('MBLai', replaces.receiptId),
        node('KHBLai', replaces.symbol),
        node('SBLai', replaces.number),
        node('LDo', reasonWords[replaces.reason].vi),
      ]),
  ]);
  const content = node('NDBLai', [
    node('TCThu', [node('Ten', collector.name), node('MST', collector.taxCode), optional('DChi', collector.address)]),
    node('NNop', [node('Ten', payer.name), optional('MST', payer.taxCode), optional('CCCDan', payer.idNumber)]),
    node(
      'DSKThu',
      receipt.lines.map((line, index) =>
        node('KThu', [
          node('STT', index + 1),
          node('MKThu', line.feeItem),
          node('Ten', line.name),
          node('SLuong', line.quantity),
          node('TTien', line.amount),
        ]),
      ),
    ),
    node('TToan', [node('TgTien', receipt.total), node('TgTienBChu', inVietnameseWords(receipt.total))]),
    node('TTNop', [
      node('HThuc', paidThroughOf(receipt)),
      node('TGian', formatInstant(payment.paidAt)),
      node('MGDich', payment.movementId),
      node('MHSo', receipt.dossierCode),
      node('MTTHC', receipt.procedureCode),
    ]),
  ]);
  return {
    before: `<BLai>${written(node('DLBLai', [common, content]))}<DSCKS><TCThu>`,
    after: '</TCThu></DSCKS></BLai>',
  };
}
