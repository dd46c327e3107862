import { everyProcedure } from '../catalogue/catalogue.ts';
import { asksForFee } from '../domain/fees/in-force.ts';
import type { Day } from '../domain/time.ts';

/** Codes of the procedures of the shipped catalogue that ask for a fee on a day. */
export const feeProcedures = async (day: Day): Promise<ReadonlySet<string>> =>
  new Set(
    everyProcedure()
      .filter((procedure) => asksForFee(procedure, day))
      .map(({ code }) => code),
  );
