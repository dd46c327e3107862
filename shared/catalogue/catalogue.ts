import type { Procedure } from '../domain/fees/procedure.ts';
import type { FoundProcedures, ProcedureSearch } from './find.ts';
import { PackedCatalogue } from './packed.ts';
import { shippedCatalogue } from './shipped.ts';

/** The procedures and fees that the service knows. All of them were checked when they were packed; each is read when asked for. */
const catalogue = new PackedCatalogue(shippedCatalogue());

/** The procedure of a code (`N.NNNNNN`), if the catalogue has it. */
export function procedureByCode(code: string): Procedure | undefined {
  return catalogue.byCode(code);
}

/** Searches the catalogue; see {@link PackedCatalogue.find}. */
export function findProcedures(search: ProcedureSearch): FoundProcedures {
  return catalogue.find(search);
}

/** Every procedure, in order of code. */
export const everyProcedure = (): Procedure[] => catalogue.all();
