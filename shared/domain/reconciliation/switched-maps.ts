import { statementMaps } from './bank/maps.ts';
import { columnMaps } from './column-maps.ts';

/** Whether a layout may be used for a partner: a provider by its id, a bank by its BIN. */
export type MapSwitch = (partner: string, map: { id: string; unverified: boolean }) => boolean;

/** Statements' layouts are made when they are asked for, so providers' are looked at first. */
const waits = (id: string): boolean =>
  [() => columnMaps, statementMaps].some((maps) => maps().some((map) => map.unverified && map.id === id));

/**
 * Layouts that no public document confirms are off, partner by partner, until a contract has settled them and a stage names
 * them: `970415:bank-table.statement.v1`. Throws RangeError for a name that waits for nothing.
 */
export function mapSwitch(switchedOn: readonly string[]): MapSwitch {
  for (const name of switchedOn) {
    const [partner = '', map = ''] = name.split(':');
    if (!/^(?:[0-9]{6}|[a-z][a-z0-9-]{1,23})$/.test(partner) || !waits(map))
      throw new RangeError(`no unverified layout waits for ${name}`);
  }
  const on = new Set(switchedOn);
  return (partner, { id, unverified }) => !unverified || on.has(`${partner}:${id}`);
}
