import type { Procedure } from '../domain/fees/procedure.ts';
import business from './business.json' with { type: 'json' };
import courts from './courts.json' with { type: 'json' };
import { findIn, indexProcedures, type ProcedureIndex, type ProcedureSearch } from './find.ts';
import justice from './justice.json' with { type: 'json' };
import { loadCatalogue } from './load.ts';
import police from './police.json' with { type: 'json' };
import terms from './terms.json' with { type: 'json' };

type Catalogue = { procedures: readonly Procedure[]; byCode: ReadonlyMap<string, Procedure>; index: ProcedureIndex };

let loaded: Catalogue | undefined;

/** Checked when it is first asked, not when the process starts: most starts serve a call that prices nothing. */
function catalogue(): Catalogue {
  if (!loaded) {
    const procedures = loadCatalogue(terms, [police, justice, business, courts]);
    const byCode = new Map(procedures.map((procedure) => [procedure.code, procedure]));
    loaded = { procedures, byCode, index: indexProcedures(procedures) };
  }
  return loaded;
}

/** The procedures and fees that the service knows, in order of code. Throws `CatalogueInvalid` for data that contradict themselves. */
export const allProcedures = (): readonly Procedure[] => catalogue().procedures;

/** The procedure of a code (`N.NNNNNN`), if the catalogue has it. */
export const procedureByCode = (code: string): Procedure | undefined => catalogue().byCode.get(code);

/** Searches the catalogue; see {@link findIn}. */
export const findProcedures = (search: ProcedureSearch): Procedure[] => findIn(catalogue().index, search);
