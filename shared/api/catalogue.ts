import * as z from 'zod';
import { VersionNumber, VersionState } from '../domain/catalogue/version.ts';
import { ProcedureCode } from '../domain/identity/codes.ts';
import { lazy } from '../domain/lazy.ts';
import { Sha256 } from '../domain/reconciliation/statement-id.ts';
import { Bilingual, InstantInput, InstantText, writtenText } from './common.ts';
import { endpoint } from './endpoint.ts';

/** Versions of the catalogue: drafted by one person, published by another. */

const MAX_NOTE = 500;

/** Path and query values are text. */
const VersionText = lazy(() =>
  z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/)
    .transform(Number)
    .pipe(z.int().min(1).max(1000)),
);

const VersionBody = lazy(() =>
  z.strictObject({
    version: z.int(),
    state: VersionState,
    sha256: Sha256.nullable(),
    /** Drafted as a table of rates: its hash, and the version whose document they went into. */
    table: z.strictObject({ sha256: Sha256, base: z.int() }).nullable(),
    note: Bilingual.nullable(),
    wantedFrom: InstantText.nullable(),
    draftedBy: z.string().nullable(),
    draftedAt: InstantText.nullable(),
    validatedAt: InstantText.nullable(),
    procedures: z.int().nullable(),
    publishedBy: z.string().nullable(),
    publishedAt: InstantText.nullable(),
    /** In force from then on, until another one is. */
    effectiveFrom: InstantText.nullable(),
  }),
);

const VersionParams = lazy(() => z.strictObject({ version: VersionText.meta({ examples: ['2'] }) }));

export const listCatalogueVersions = endpoint({
  method: 'GET',
  path: '/v1/catalogue/versions',
  summary: 'All versions of the catalogue, and the one in force now or at an instant; version 1 is built in',
  scope: 'catalogue:read',
  unlogged: 'nobodys',
  query: lazy(() => z.strictObject({ at: InstantInput.optional() })),
  answers: { 200: lazy(() => z.strictObject({ inForce: z.int(), data: z.array(VersionBody) })) },
});

export const getCatalogueVersion = endpoint({
  method: 'GET',
  path: '/v1/catalogue/versions/{version}',
  summary: 'Read a version of the catalogue: who drafted and published it, and when it is in force',
  scope: 'catalogue:read',
  unlogged: 'nobodys',
  params: VersionParams,
  answers: { 200: VersionBody },
});

export const draftCatalogueVersion = endpoint({
  method: 'POST',
  path: '/v1/catalogue/versions',
  summary: 'Draft the next version by the SHA-256 of its document, or of a table of rates; answers where to upload it',
  scope: 'catalogue:write',
  body: lazy(() =>
    z.strictObject({
      sha256: Sha256,
      /** The upload is a CSV of rates, in place of those that its fee items have in the version `base`. */
      table: z.strictObject({ base: VersionNumber }).optional(),
      wantedFrom: InstantInput,
      note: z.strictObject({ vi: writtenText(MAX_NOTE), en: writtenText(MAX_NOTE) }),
    }),
  ),
  idempotent: true,
  answers: {
    201: lazy(() =>
      VersionBody.extend({
        /** Takes one PUT, with exactly these headers; a content that is there already is answered 412 and need not be sent. */
        uploadUrl: z.string(),
        uploadHeaders: z.record(z.string(), z.string()),
        uploadExpiresAt: InstantText,
      }),
    ),
  },
  problems: ['too_many_versions', 'unprocessable'],
});

export const validateCatalogueVersion = endpoint({
  method: 'POST',
  path: '/v1/catalogue/versions/{version}/validate',
  summary:
    'Check a draft’s document; it is validated if nothing is wrong, and else every fault is named with its place',
  scope: 'catalogue:write',
  params: VersionParams,
  idempotent: true,
  answers: {
    200: lazy(() =>
      z.strictObject({
        valid: z.boolean(),
        faults: z.array(z.string()),
        /** Wrong cells of a table. Rows count from 1, the header being the first; an empty column is the whole row. */
        cells: z.array(z.strictObject({ row: z.int(), column: z.string(), message: z.string() })),
        version: VersionBody,
      }),
    ),
  },
  problems: ['document_missing', 'published_immutable'],
});

export const approveCatalogueVersion = endpoint({
  method: 'POST',
  path: '/v1/catalogue/versions/{version}/approve',
  summary:
    'Publish a validated version; by another person than its drafter. In force when wanted, at least a minute ahead',
  scope: 'catalogue:approve',
  params: VersionParams,
  idempotent: true,
  answers: { 200: VersionBody },
  problems: ['own_approval', 'not_validated', 'published_immutable'],
});

export const exportCatalogueVersion = endpoint({
  method: 'GET',
  path: '/v1/catalogue/versions/{version}/document',
  summary: 'Where to download a version: all of it as JSON, or its rates as CSV',
  scope: 'catalogue:read',
  unlogged: 'nobodys',
  params: VersionParams,
  query: lazy(() => z.strictObject({ format: z.enum(['json', 'csv']).default('json') })),
  answers: {
    200: lazy(() =>
      z.strictObject({
        /** Works for a quarter of an hour, without a token. */
        url: z.string(),
        expiresAt: InstantText,
        /** Of what lies there. */
        sha256: Sha256,
      }),
    ),
  },
  problems: ['not_validated'],
});

export const diffCatalogueVersions = endpoint({
  method: 'GET',
  path: '/v1/catalogue/versions/{version}/diff',
  summary: 'What a version changes against another one, or against the one in force, in words',
  scope: 'catalogue:read',
  unlogged: 'nobodys',
  params: VersionParams,
  query: lazy(() => z.strictObject({ from: VersionText.optional() })),
  answers: {
    200: lazy(() =>
      z.strictObject({
        from: z.int(),
        to: z.int(),
        differences: z.array(
          z.strictObject({
            what: z.string(),
            procedureCode: ProcedureCode,
            feeItem: z.string().optional(),
            words: Bilingual,
          }),
        ),
      }),
    ),
  },
  problems: ['not_validated'],
});

export const catalogueApi = [
  listCatalogueVersions,
  getCatalogueVersion,
  draftCatalogueVersion,
  validateCatalogueVersion,
  approveCatalogueVersion,
  exportCatalogueVersion,
  diffCatalogueVersions,
] as const;
