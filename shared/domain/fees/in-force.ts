import type { Channel } from '../identity/codes.ts';
import { type Day, type Instant, vietnamDay } from '../time.ts';
import type { Window } from './legal-basis.ts';
import type { Procedure } from './procedure.ts';
import type { TariffChannel } from './rule-terms.ts';

/** Whether a day lies in a window; both ends belong to it, null is open. */
export function inForce({ effectiveFrom, effectiveTo }: Window, day: Day): boolean {
  return (effectiveFrom === null || effectiveFrom <= day) && (effectiveTo === null || day <= effectiveTo);
}

/** Whether two windows share a day. */
export function overlap(one: Window, other: Window): boolean {
  const before = (a: Window, b: Window) =>
    a.effectiveTo !== null && b.effectiveFrom !== null && a.effectiveTo < b.effectiveFrom;
  return !before(one, other) && !before(other, one);
}

const ways: Record<TariffChannel, readonly Channel[]> = {
  any: ['online', 'counter', 'post'],
  online: ['online'],
  offline: ['counter', 'post'],
  counter: ['counter'],
  post: ['post'],
};

/** Whether a row is for dossiers handed in this way. */
export function covers(channel: TariffChannel, way: Channel): boolean {
  return ways[channel].includes(way);
}

/** Whether some way of handing in falls under both. */
export function shareWay(one: TariffChannel, other: TariffChannel): boolean {
  return ways[one].some((way) => covers(other, way));
}

/** Whether a procedure asks for a fee on a day: some row in force is more than a flat nothing. */
export function asksForFee({ items }: Pick<Procedure, 'items'>, day: Day): boolean {
  const rows = items.flatMap(({ tariffs }) => tariffs).filter((row) => inForce(row, day));
  return rows.some(({ tariff }) => tariff.kind !== 'flat' || tariff.amount > 0);
}

/** The procedure with only the rows in force at an instant, by the Vietnamese day that it falls on. For reading, not pricing. */
export function asOf(procedure: Procedure, at: Instant): Procedure {
  const day = vietnamDay(at);
  const items = procedure.items.map((item) => ({ ...item, tariffs: item.tariffs.filter((row) => inForce(row, day)) }));
  return { ...procedure, items };
}
