import type { Procedure, TariffRow } from '../fees/procedure.ts';
import { rateOf } from '../fees/tariff-kinds.ts';
import { inWindow, type Words } from '../fees/words.ts';

/** One difference between two catalogues, in words. */
export type CatalogueDifference = {
  what:
    | 'procedure_added'
    | 'procedure_removed'
    | 'procedure_changed'
    | 'item_added'
    | 'item_removed'
    | 'item_changed'
    | 'tariff_added'
    | 'tariff_removed';
  procedureCode: string;
  feeItem?: string;
  words: Words;
};

const byCode = (procedures: readonly Procedure[]) => new Map(procedures.map((one) => [one.code, one]));
const textOf = (value: unknown): string => JSON.stringify(value);

/** What a change from one catalogue to another means, procedure by procedure in order of code. */
export function differencesOf(before: readonly Procedure[], after: readonly Procedure[]): CatalogueDifference[] {
  const [old, young] = [byCode(before), byCode(after)];
  return [...new Set([...old.keys(), ...young.keys()])].sort().flatMap((code) => {
    const [was, is] = [old.get(code), young.get(code)];
    if (was && is) return inProcedure(was, is);
    const one = was ?? is;
    if (!one) return [];
    const what = was ? 'procedure_removed' : 'procedure_added';
    const words = was
      ? { vi: `Bỏ thủ tục ${code}: ${one.name.vi}`, en: `Procedure ${code} is removed: ${one.name.en}` }
      : { vi: `Thêm thủ tục ${code}: ${one.name.vi}`, en: `Procedure ${code} is added: ${one.name.en}` };
    return [{ what, procedureCode: code, words } as const];
  });
}

function inProcedure(was: Procedure, is: Procedure): CatalogueDifference[] {
  const { code } = is;
  const found: CatalogueDifference[] = [];
  const { items: oldItems, ...oldRest } = was;
  const { items: newItems, ...newRest } = is;
  if (textOf(oldRest) !== textOf(newRest))
    found.push({
      what: 'procedure_changed',
      procedureCode: code,
      words: {
        vi: `Thủ tục ${code}: thay đổi tên, lựa chọn, điều kiện, tham số hoặc miễn giảm`,
        en: `Procedure ${code}: its name, choices, conditions, parameters or reliefs change`,
      },
    });
  const old = new Map(oldItems.map((item) => [item.id, item]));
  const young = new Map(newItems.map((item) => [item.id, item]));
  for (const id of [...new Set([...old.keys(), ...young.keys()])].sort()) {
    const [before, after] = [old.get(id), young.get(id)];
    const item = after ?? before;
    if (!item) continue;
    const place = { procedureCode: code, feeItem: id };
    if (!before || !after) {
      const what = before ? 'item_removed' : 'item_added';
      const words = before
        ? { vi: `Bỏ khoản thu ${id}: ${item.name.vi}`, en: `Fee item ${id} is removed: ${item.name.en}` }
        : { vi: `Thêm khoản thu ${id}: ${item.name.vi}`, en: `Fee item ${id} is added: ${item.name.en}` };
      found.push({ what, ...place, words });
    } else if (textOf({ ...before, tariffs: [] }) !== textOf({ ...after, tariffs: [] }))
      found.push({
        what: 'item_changed',
        ...place,
        words: {
          vi: `Khoản thu ${id}: thay đổi tên, loại, đơn vị tính hoặc đơn vị hưởng`,
          en: `Fee item ${id}: its name, kind, unit or beneficiary changes`,
        },
      });
    const [oldRows, newRows] = [before?.tariffs ?? [], after?.tariffs ?? []];
    const has = (rows: readonly TariffRow[], row: TariffRow) => rows.some((one) => textOf(one) === textOf(row));
    for (const row of oldRows.filter((one) => !has(newRows, one)))
      found.push({
        what: 'tariff_removed',
        ...place,
        words: rowWords('Bỏ mức', 'Rate removed from', id, row, item.unit),
      });
    for (const row of newRows.filter((one) => !has(oldRows, one)))
      found.push({ what: 'tariff_added', ...place, words: rowWords('Thêm mức', 'Rate added to', id, row, item.unit) });
  }
  return found;
}

function rowWords(vi: string, en: string, id: string, row: TariffRow, unit: Words): Words {
  const rate = rateOf(row.tariff, unit);
  const when = inWindow(row.effectiveFrom, row.effectiveTo);
  const texts = row.legalBasis.map(({ document }) => document).join('; ');
  return {
    vi: `${vi} của ${id}: ${rate.vi} ${when.vi} (${row.channel}; ${texts})`.replaceAll('  ', ' '),
    en: `${en} ${id}: ${rate.en} ${when.en} (${row.channel}; ${texts})`.replaceAll('  ', ' '),
  };
}
