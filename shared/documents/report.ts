import { type Dong, dong } from '../domain/money/dong.ts';
import { inVietnameseWords } from '../domain/money/words.ts';
import type { ReportFormat } from '../domain/reports/job.ts';
import type { RunningReport } from '../domain/reports/report.ts';
import { type Cell, type CellKind, type Cells, formatHundredths, type Words } from '../domain/reports/table.ts';
import { formatInstant, vietnamDay } from '../domain/time.ts';
import { csv } from './csv.ts';
import { type PdfBlock, pdf, shown } from './pdf.ts';
import { type Sheet, xlsx } from './xlsx.ts';

/** Any report in any format: the same rows, the same totals, the same hash of the rows. */

/** The bytes of a report as they are made. Its rows are read once. */
export function reportBytes(format: ReportFormat, report: RunningReport): AsyncGenerator<Uint8Array> {
  switch (format) {
    case 'json':
      return json(report);
    case 'csv':
      return csv({ columns: report.report.columns, rows: report.rows, last: () => totalCells(report) });
    case 'xlsx':
      return workbook(report);
    case 'pdf':
      return paper(report);
  }
}

const TOTAL = 'TỔNG CỘNG / TOTAL';
const both = ({ vi, en }: Words): string => `${vi} / ${en}`;

/** The row of totals; nothing where no column is added up. */
function totalCells({ report, totals }: RunningReport): Cells | undefined {
  const sums = totals();
  if (Object.keys(sums).length === 0) return undefined;
  return report.columns.map(({ key }, at): Cell => sums[key] ?? (at === 0 ? TOTAL : null));
}

/** What is said of a report before its rows. */
const aboutOf = ({ query, issuer, report }: RunningReport): { label: Words; value: string }[] => [
  { label: { vi: 'Đơn vị lập', en: 'Issued by' }, value: both(issuer) },
  { label: { vi: 'Kỳ', en: 'Range' }, value: `${shown(query.from, 'day')} – ${shown(query.to, 'day')}` },
  {
    label: { vi: 'Cơ quan', en: 'Agencies' },
    value: query.agencyCodes.length <= 5 ? query.agencyCodes.join(', ') : `${query.agencyCodes.length}`,
  },
  ...(query.provider === undefined ? [] : [{ label: { vi: 'Nhà cung cấp', en: 'Provider' }, value: query.provider }]),
  { label: { vi: 'Chốt số liệu lúc', en: 'Books as of' }, value: shown(query.asOf, 'instant') },
  ...report.notes.map((note) => ({ label: { vi: 'Ghi chú', en: 'Note' }, value: both(note) })),
];

/** Totals of money, in figures and words. */
const amountsOf = ({ report, totals }: RunningReport): { title: Words; amount: number }[] =>
  report.columns.flatMap(({ key, kind, title, total }) =>
    total && kind === 'amount' ? [{ title, amount: totals()[key] ?? 0 }] : [],
  );

/** An amount in Vietnamese words; below zero with `Âm` before it. */
function words(amount: number): string {
  const text = inVietnameseWords(dong(Math.abs(amount)) satisfies Dong);
  return amount < 0 ? `Âm ${text.charAt(0).toLowerCase()}${text.slice(1)}` : text;
}

const jsonCell = (cell: Cell, kind: CellKind): Cell => {
  if (typeof cell !== 'number') return cell;
  return kind === 'instant' ? formatInstant(cell) : kind === 'hundredths' ? formatHundredths(cell) : cell;
};

async function* json(running: RunningReport): AsyncGenerator<Uint8Array> {
  const { report, query, issuer } = running;
  const { from, to, provider = null, agencyCodes, asOf } = query;
  const head = {
    ...{ reportId: report.id, title: report.title, issuer, from, to, provider, agencyCodes },
    ...{ asOf: formatInstant(asOf), currency: 'VND', notes: report.notes },
    columns: report.columns.map(({ key, title, kind }) => ({ key, title, kind })),
  };
  yield Buffer.from(`${JSON.stringify(head).slice(0, -1)},"rows":[`);
  let separator = '';
  for await (const page of running.rows) {
    let text = '';
    for (const row of page) {
      const members = report.columns.map(({ key, kind }, at) => [key, jsonCell(row[at] ?? null, kind)]);
      text += `${separator}${JSON.stringify(Object.fromEntries(members))}`;
      separator = ',\n';
    }
    yield Buffer.from(text);
  }
  const totals = Object.entries(running.totals()).map(([key, total]) => [
    key,
    jsonCell(total, report.columns.find((column) => column.key === key)?.kind ?? 'count'),
  ]);
  const tail = {
    rowCount: running.rowCount(),
    totals: Object.fromEntries(totals),
    proofs: running.proofs(),
    rowsSha256: running.rowsSha256(),
  };
  yield Buffer.from(`],${JSON.stringify(tail).slice(1)}`);
}

const COVER = 'Tổng hợp';
const DATA = 'Số liệu';

async function* workbook(running: RunningReport): AsyncGenerator<Uint8Array> {
  const { report, rows } = running;
  async function* sheets(): AsyncGenerator<Sheet> {
    yield { kind: 'table', name: DATA, columns: report.columns, rows, last: () => totalCells(running) };
    const lines: (readonly [string, Cell])[] = [
      [both(report.title), null],
      ...aboutOf(running).map(({ label, value }) => [both(label), value] as const),
      ['Số dòng / Rows', running.rowCount()],
      ...amountsOf(running).flatMap(({ title, amount }): (readonly [string, Cell])[] => [
        [`${TOTAL}: ${both(title)}`, amount],
        ['Bằng chữ', words(amount)],
      ]),
      ...running
        .proofs()
        .map(
          ({ what, report: ours, ledger }) =>
            [both(what), `${shown(ours, 'amount')} = ${shown(ledger, 'amount')}`] as const,
        ),
      ['SHA-256 (rows)', running.rowsSha256()],
    ];
    yield { kind: 'lines', name: COVER, lines };
  }
  yield* xlsx(sheets(), { title: both(report.title), order: [COVER, DATA] });
}

async function* paper(running: RunningReport): AsyncGenerator<Uint8Array> {
  const { report, query, issuer } = running;
  const [year, month, day] = vietnamDay(query.asOf).split('-');
  async function* blocks(): AsyncGenerator<PdfBlock> {
    yield {
      kind: 'head',
      left: [issuer.vi.toUpperCase(), issuer.en],
      right: [
        'CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM',
        'Độc lập - Tự do - Hạnh phúc',
        `Ngày ${day} tháng ${month} năm ${year}`,
      ],
    };
    yield { kind: 'title', title: report.title };
    yield { kind: 'fields', fields: aboutOf(running).map(({ label, value }) => ({ label: both(label), value })) };
    const printed = report.columns.flatMap(({ digitalOnly }, at) => (digitalOnly ? [] : [at]));
    const ofPaper = (row: Cells): Cells => printed.map((at) => row[at] ?? null);
    async function* rows(): AsyncGenerator<readonly Cells[]> {
      for await (const page of running.rows) yield page.map(ofPaper);
    }
    const last = () => {
      const cells = totalCells(running);
      return cells && ofPaper(cells);
    };
    yield { kind: 'table', columns: report.columns.filter(({ digitalOnly }) => !digitalOnly), rows: rows(), last };
    const amounts = amountsOf(running).map(({ title, amount }) => ({
      label: `${title.vi}`,
      value: `${shown(amount, 'amount')} (${words(amount)})`,
    }));
    const proofs = running.proofs().map(({ what, report: ours, ledger }) => ({
      label: what.vi,
      value: `${shown(ours, 'amount')} = ${shown(ledger, 'amount')}`,
    }));
    if (amounts.length > 0) yield { kind: 'fields', fields: amounts, beforeSignatures: proofs.length === 0 };
    const heading = 'Đối chiếu sổ cái / Proved against the ledger';
    if (proofs.length > 0) yield { kind: 'fields', heading, fields: proofs, beforeSignatures: true };
    yield {
      kind: 'signatures',
      parties: [
        { title: { vi: 'Người lập biểu', en: 'Prepared by' }, note: '(Ký, họ tên)' },
        { title: { vi: 'Kế toán trưởng', en: 'Chief accountant' }, note: '(Ký, họ tên)' },
        { title: { vi: 'Thủ trưởng đơn vị', en: 'Head of unit' }, note: '(Ký, họ tên, đóng dấu)' },
      ],
    };
  }
  yield* pdf(blocks(), {
    title: both(report.title),
    language: 'vi',
    landscape: true,
    createdAt: query.asOf,
    footer: () => `${report.id} · SHA-256 ${running.rowsSha256()}`,
  });
}
