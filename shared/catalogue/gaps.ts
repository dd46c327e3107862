import { shareWay } from '../domain/fees/in-force.ts';
import type { FeeItem, Procedure, TariffRow } from '../domain/fees/procedure.ts';
import { addDays } from '../domain/time.ts';

const CHANNELS = ['online', 'counter', 'post'] as const;

/**
 * Days between two base rows for everybody, nationwide, on which nothing would be due for a way of handing in, though
 * something is due before and after. What ends for good is no gap.
 */
export function gapsOf(procedures: readonly Procedure[]): string[] {
  return procedures.flatMap(({ items }) =>
    items.flatMap((item) => CHANNELS.flatMap((channel) => gapsIn(item, channel))),
  );
}

function gapsIn(item: FeeItem, channel: (typeof CHANNELS)[number]): string[] {
  const rows = item.tariffs
    .filter(
      (row) => row.role === 'base' && row.condition === undefined && !isOfPlace(row) && shareWay(row.channel, channel),
    )
    .sort((one, other) => ((one.effectiveFrom ?? '') < (other.effectiveFrom ?? '') ? -1 : 1));
  return rows.flatMap((row, index) => {
    const next = rows[index + 1];
    if (!next?.effectiveFrom || !row.effectiveTo) return [];
    const from = addDays(row.effectiveTo, 1);
    return from < next.effectiveFrom
      ? [`${item.id}: no base row for ${channel} from ${from} to ${addDays(next.effectiveFrom, -1)}`]
      : [];
  });
}

/** A row for one place leaves the rest of the country to others. */
const isOfPlace = (row: TariffRow): boolean => 'place' in row && row.place !== undefined;
