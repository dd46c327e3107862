import { csvDocument } from '../reports/csv.ts';
import type { RowResult } from './batch.ts';

const COLUMNS = ['row', 'line', 'outcome', 'dossier_code', 'invoice_id', 'total', 'code', 'detail', 'places'] as const;

/** The report as CSV, in the language asked for. A cell that a spreadsheet would compute is written as text. */
export function reportCsv(results: readonly RowResult[], language: 'vi' | 'en'): string {
  return csvDocument([
    COLUMNS,
    ...results.map((result) => [
      result.row,
      result.line,
      result.outcome,
      result.dossierCode ?? '',
      result.invoiceId ?? '',
      result.total ?? '',
      result.code ?? '',
      result.detail?.[language] ?? '',
      (result.errors ?? []).map(({ pointer, message }) => `${pointer}: ${message}`).join('; '),
    ]),
  ]);
}
