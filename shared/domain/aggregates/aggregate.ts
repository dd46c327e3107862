import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { FeedCursor } from '../notification/feed.ts';
import type { Day } from '../time.ts';

/**
 * What monitoring and reporting systems of the state are told of a day: counts, sums and how long entering took, of no
 * person, no dossier and no transaction. A row says all of its day as it stands; where that changes, also long after, the
 * row is told again with the next revision, and the last one counts.
 */

const Count = () => z.int().min(0);
/** Whole dong. */
const Amount = () => z.int().min(0);

/** What an agency took and gave back through one provider, by accounting date, from the entries of the ledger. */
export const TakingFigures = lazy(() =>
  z.strictObject({
    entries: Count(),
    /** Entries that paid invoices, in whole or in part. */
    paid: Count(),
    /** Entries at which somebody must look. */
    odd: Count(),
    /** Entered within five minutes of the payer's bank's success. */
    inTime: Count(),
    received: Amount(),
    givenBack: Amount(),
    /** From the payer's bank's success to the entry, over all entries, and the longest of them. */
    delayMilliseconds: Count(),
    longestDelayMilliseconds: Count(),
  }),
);
export type TakingFigures = z.infer<typeof TakingFigures>;

/** What became of dossiers whose invoices were made on a day, and of the money that paid them, whenever it came. */
export const ServiceFigures = lazy(() =>
  z.strictObject({
    /** Procedures that ask for a fee on the day, by the catalogue of this service. */
    feeProcedures: Count(),
    /** Dossiers by procedure, in order of their codes. A dossier that is invoiced on two days counts on both. */
    procedures: z.array(
      z.strictObject({
        procedureCode: z.string(),
        dossiers: Count(),
        /** Those that ask for a fee; the others are exempt. */
        feeDossiers: Count(),
        feeDossiersPaid: Count(),
        feeDossiersPaidOnline: Count(),
      }),
    ),
    money: z.strictObject({
      cash: Amount(),
      card: Amount(),
      transfer: Amount(),
      online: Amount(),
      phi: Amount(),
      lePhi: Amount(),
      other: Amount(),
      /** Money on invoices that are not paid in full. */
      parts: Amount(),
      refunded: Amount(),
    }),
  }),
);
export type ServiceFigures = z.infer<typeof ServiceFigures>;

const row = () => ({
  day: z.iso.date(),
  agencyCode: z.string(),
  /** 1 as it is first told. */
  revision: z.int().min(1),
  /** When it was told, in milliseconds since 1970. */
  toldAt: z.int(),
});

export const Aggregate = lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('takings'), ...row(), providerId: z.string(), figures: TakingFigures }),
    z.strictObject({ kind: z.literal('services'), ...row(), figures: ServiceFigures }),
  ]),
);
export type Aggregate = z.infer<typeof Aggregate>;

/** A row before it is told. */
export type AggregateName =
  | { kind: 'takings'; day: Day; agencyCode: string; providerId: string }
  | { kind: 'services'; day: Day; agencyCode: string };

/** What a row is called within its agency. */
export const nameOf = (name: AggregateName): string =>
  name.kind === 'takings' ? `takings#${name.day}#${name.providerId}` : `services#${name.day}`;

/** How far an agency has been told of. */
export const AgencyProgress = lazy(() =>
  z.strictObject({
    /** Counts its changes; 0: nothing has been told yet. */
    version: z.int().min(0),
    /** Up to where the ledger's feed has been added up. */
    cursor: FeedCursor,
    /** The day on which the dossiers of the days before were last counted. */
    countedOn: z.iso.date().nullable(),
    /** Days of whose invoices money came or went since; absent where an older version told, which did not note them. */
    touched: z.array(z.iso.date()).optional(),
  }),
);
export type AgencyProgress = z.infer<typeof AgencyProgress>;

/** Most rows of one step. */
export const MAX_ROWS_A_STEP = 40;

/** Port: what has been told, in one order for all agencies. Positions count from 1 without gaps. */
export interface AggregateBook {
  /** The last position; 0 where nothing has been told. Strongly consistent, as everything here. */
  last(): Promise<number>;
  progress(agencyCode: string): Promise<AgencyProgress | undefined>;
  /** The last revision of each, by {@link nameOf}; those that there are. At most {@link MAX_ROWS_A_STEP}. */
  latest(agencyCode: string, names: readonly string[]): Promise<ReadonlyMap<string, Aggregate>>;
  /**
   * Tells the rows behind `last` and moves the agency on, all or nothing. False where something was told meanwhile, or the
   * agency is further.
   */
  tell(step: {
    agencyCode: string;
    before: number;
    last: number;
    after: AgencyProgress;
    rows: readonly Aggregate[];
  }): Promise<boolean>;
  /** Rows after a position, oldest first, `limit` at most. */
  after(position: number, limit: number): Promise<Aggregate[]>;
}
