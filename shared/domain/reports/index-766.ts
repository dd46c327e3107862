import { Dossiers, paidOnline } from './dossiers.ts';
import { atOnce, type Report } from './report.ts';
import type { Words } from './table.ts';

/**
 * The payment group of the index by which public services are judged: Decision 766/QĐ-TTg, indicators 3.5a, 3.5b and 3.6,
 * ten points. A ratio is full at its target; ratios and points are rounded to hundredths, half up; a denominator of nothing
 * gives nothing.
 */

type Indicator = { code: string; name: Words; numerator: number; denominator: number; max: number; target: number };

/** A ratio in hundredths of a percent, and its points in hundredths: min(ratio ÷ target, 1) × max, of the exact ratio. */
export function scored({
  numerator,
  denominator,
  max,
  target,
}: Pick<Indicator, 'numerator' | 'denominator' | 'max' | 'target'>): { ratio: number; points: number } {
  if (denominator === 0) return { ratio: 0, points: 0 };
  const [above, below] = [BigInt(numerator), BigInt(denominator)];
  const ratio = halfUp(above * 10_000n, below);
  // Ratio ÷ (target ÷ 100) × max, in hundredths, and no more than all of them.
  const points = halfUp(above * 100n * BigInt(max) * 100n, below * BigInt(target));
  return { ratio, points: Math.min(points, max * 100) };
}

const halfUp = (above: bigint, below: bigint): number => Number((2n * above + below) / (2n * below));

export const index766: Report = {
  id: 'index-766',
  title: { vi: 'Bộ chỉ số 766: nhóm thanh toán trực tuyến', en: 'Index 766: online payment' },
  byProvider: false,
  notes: [
    {
      vi: 'Kỳ tính theo ngày lập hóa đơn, vì hệ thống không giữ ngày bắt đầu xử lý hồ sơ. Danh mục thủ tục có phí là của biểu phí trong hệ thống.',
      en: 'By the day of the invoice, because this service does not know when processing began. Procedures with a fee are those of its own catalogue.',
    },
  ],
  columns: [
    { key: 'code', title: { vi: 'Mã', en: 'Code' }, kind: 'text', width: 8 },
    { key: 'name', title: { vi: 'Chỉ số', en: 'Indicator' }, kind: 'text', width: 60 },
    { key: 'numerator', title: { vi: 'Tử số', en: 'Numerator' }, kind: 'count', width: 12 },
    { key: 'denominator', title: { vi: 'Mẫu số', en: 'Denominator' }, kind: 'count', width: 12 },
    { key: 'ratio', title: { vi: 'Tỷ lệ (%)', en: 'Ratio (%)' }, kind: 'hundredths', width: 10 },
    { key: 'target', title: { vi: 'Mục tiêu (%)', en: 'Target (%)' }, kind: 'count', width: 10 },
    { key: 'points', title: { vi: 'Điểm', en: 'Points' }, kind: 'hundredths', width: 10, total: true },
    { key: 'max', title: { vi: 'Điểm tối đa', en: 'Most points' }, kind: 'count', width: 10, total: true },
  ],
  async *rows(sources, { to }) {
    const dossiers = new Dossiers();
    for await (const page of sources.invoicesMade()) for (const invoice of page) dossiers.add(invoice);
    const withFee = await sources.feeProcedures(to);
    const asked = dossiers.procedures(({ asksForFee }) => asksForFee);
    const indicators: Indicator[] = [
      {
        code: '3.5a',
        name: {
          vi: 'Thủ tục có yêu cầu nghĩa vụ tài chính được cung cấp thanh toán trực tuyến',
          en: 'Procedures with a fee that were offered for payment',
        },
        numerator: asked.size,
        denominator: withFee.size,
        max: 2,
        target: 80,
      },
      {
        code: '3.5b',
        name: {
          vi: 'Thủ tục có giao dịch thanh toán trực tuyến',
          en: 'Procedures with a successful online payment',
        },
        numerator: dossiers.procedures((facts) => facts.asksForFee && paidOnline(facts)).size,
        denominator: asked.size,
        max: 2,
        target: 80,
      },
      {
        code: '3.6',
        name: { vi: 'Hồ sơ thanh toán trực tuyến', en: 'Dossiers paid online' },
        numerator: dossiers.count((facts) => facts.asksForFee && paidOnline(facts)),
        // Dossiers of procedures with a fee, less those whose lines are all of nothing.
        denominator: dossiers.count(({ asksForFee }) => asksForFee),
        max: 6,
        target: 100,
      },
    ];
    yield* atOnce(
      indicators.map((indicator) => {
        const { code, name, numerator, denominator, target, max } = indicator;
        const { ratio, points } = scored(indicator);
        return [code, `${name.vi}\n${name.en}`, numerator, denominator, ratio, target, points, max];
      }),
    );
  },
  proofs: () => [],
};
