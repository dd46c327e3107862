import * as api from '../../shared/api/catalogue.ts';
import { everyProcedure } from '../../shared/catalogue/catalogue.ts';
import { checkDocument } from '../../shared/catalogue/document.ts';
import { shippedDocument } from '../../shared/catalogue/shipped-document.ts';
import { BUILT_IN_VERSION, type CatalogueVersion, inForceAt } from '../../shared/domain/catalogue/version.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { callerOf } from '../../shared/runtime/callers.ts';
import { CatalogueApiEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { answering, httpFunction } from '../../shared/runtime/http.ts';
import { log } from '../../shared/runtime/log.ts';
import { cachedRegistry } from '../../shared/runtime/registry-cache.ts';
import { MalformedJson, readStrictJson } from '../../shared/runtime/strict-json.ts';
import { CatalogueStore } from '../../shared/store/catalogue-store.ts';
import { FilesStore } from '../../shared/store/files-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import * as publishing from '../../shared/usecases/publish-catalogue.ts';
import { originOf } from '../../shared/usecases/register.ts';

const environment = readEnvironment(CatalogueApiEnvironment, process.env);
const db = documentClient();
const registry = cachedRegistry(new RegistryStore(db, environment.REGISTRY_TABLE), Date.now);
const versions = new CatalogueStore(db, environment.REGISTRY_TABLE);
const dependencies: publishing.PublicationDependencies = {
  versions,
  documents: new FilesStore(environment.FILES_BUCKET),
  check: (text) => {
    try {
      return checkDocument(readStrictJson(Buffer.from(text)));
    } catch (error) {
      if (error instanceof MalformedJson) return { faults: [`${error.pointer || '/'}: ${error.message}`] };
      throw error;
    }
  },
  builtIn: everyProcedure,
  shipped: shippedDocument,
  registry,
  now: Date.now,
};

const instant = (at: Instant | undefined): string | null => (at === undefined ? null : formatInstant(at));

const present = (one: CatalogueVersion) => ({
  version: one.version,
  state: one.state,
  sha256: one.sha256,
  table: one.table ?? null,
  note: one.note,
  wantedFrom: instant(one.wantedFrom),
  draftedBy: one.draftedBy,
  draftedAt: instant(one.draftedAt),
  validatedAt: instant(one.validatedAt),
  procedures: one.procedures ?? null,
  publishedBy: one.publishedBy ?? null,
  publishedAt: instant(one.publishedAt),
  effectiveFrom: instant(one.effectiveFrom),
});

/** What was shipped with the service: published by whoever deployed it. */
const builtIn = {
  version: BUILT_IN_VERSION,
  state: 'published' as const,
  sha256: null,
  table: null,
  note: null,
  wantedFrom: null,
  draftedBy: null,
  draftedAt: null,
  validatedAt: null,
  procedures: null,
  publishedBy: null,
  publishedAt: null,
  effectiveFrom: null,
};

const numberInForce = async (at: Instant): Promise<number> =>
  inForceAt(await versions.all(), at)?.version ?? BUILT_IN_VERSION;

/** The catalogue's versions: drafted, validated, published by two persons, compared. */
export const handler = httpFunction(
  [
    answering(api.listCatalogueVersions, async ({ query: { at } }) => {
      const all = await versions.all();
      const inForce = inForceAt(all, at === undefined ? Date.now() : Date.parse(at))?.version ?? BUILT_IN_VERSION;
      return { status: 200, body: { inForce, data: [builtIn, ...all.map(present)] } };
    }),

    answering(api.getCatalogueVersion, async ({ params: { version } }) => ({
      status: 200,
      body: version === BUILT_IN_VERSION ? builtIn : present(await publishing.findVersion(version, dependencies)),
    })),

    answering(api.draftCatalogueVersion, async ({ body, caller, idempotencyKey }) => {
      const origin = originOf(caller, idempotencyKey, 'catalogue/versions', body);
      const draft = { ...body, wantedFrom: Date.parse(body.wantedFrom) };
      const { version, upload, replayed } = await publishing.draftCatalogue(draft, caller, origin, dependencies);
      if (!replayed) log.info('catalogue drafted', { version: version.version });
      return {
        status: 201,
        body: {
          ...present(version),
          uploadUrl: upload.url,
          uploadHeaders: upload.headers,
          uploadExpiresAt: formatInstant(upload.expiresAt),
        },
        replayed,
      };
    }),

    answering(api.validateCatalogueVersion, async ({ params }) => {
      const { version, faults, cells } = await publishing.validateCatalogue(params.version, dependencies);
      log.info('catalogue validated', { version: version.version, faults: faults.length });
      const valid = faults.length === 0;
      return { status: 200, body: { valid, faults: [...faults], cells: [...cells], version: present(version) } };
    }),

    answering(api.approveCatalogueVersion, async ({ params, caller }) => {
      const { version, replayed } = await publishing.approveCatalogue(params.version, caller, dependencies);
      if (!replayed) log.info('catalogue published', { version: version.version, from: version.effectiveFrom });
      return { status: 200, body: present(version), replayed };
    }),

    answering(api.exportCatalogueVersion, async ({ params: { version }, query: { format } }) => {
      const { url, expiresAt, sha256 } = await publishing.exportCatalogue(version, format, dependencies);
      return { status: 200, body: { url, expiresAt: formatInstant(expiresAt), sha256 } };
    }),

    answering(api.diffCatalogueVersions, async ({ params: { version }, query }) => {
      const from = query.from ?? (await numberInForce(Date.now()));
      const differences = await publishing.diffOfCatalogues(from, version, dependencies);
      return { status: 200, body: { from, to: version, differences } };
    }),
  ],
  (claims) => callerOf(claims, registry),
);
