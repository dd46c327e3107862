import { createHash } from 'node:crypto';
import { banks, subItems } from '../../shared/catalogue/reference.ts';
import { tariffCsv } from '../../shared/catalogue/tariff-csv.ts';
import { documentKey, tableKey } from '../../shared/domain/catalogue/version.ts';
import { invoiceId } from '../../shared/domain/invoice/number.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { createBasket } from '../../shared/usecases/baskets.ts';
import { registerBeneficiary } from '../../shared/usecases/beneficiaries.ts';
import {
  approveCatalogue,
  draftCatalogue,
  type PublicationDependencies,
  validateCatalogue,
} from '../../shared/usecases/publish-catalogue.ts';
import { aRecord } from '../contract/beneficiary-book.contract.ts';
import { type Around, type CrashCase, through } from '../dsl/crash-matrix.ts';
import { NUMBER } from '../dsl/given.ts';
import { aWorld, callerOf, client, invoiceOf, LAND, NOW, PORTAL } from '../dsl/world.ts';
import { MemoryBaskets } from '../fakes/memory-baskets.ts';
import { MemoryBeneficiaries } from '../fakes/memory-beneficiaries.ts';
import { MemoryFiles } from '../fakes/memory-files.ts';
import { MemoryVersions } from '../fakes/memory-versions.ts';

/** Cases of the crash matrix: versions of the catalogue, baskets, and who the purses are. */

const straight: Around = (_, call) => call();
const person = (subject: string): Caller => ({ ...callerOf(client('law')), subject });
const [ONE, TWO] = [person('one'), person('two')];
const TEXT = '{}';
const SHA256 = createHash('sha256').update(TEXT).digest('hex');
/** What is built in here, and a table of no rates that goes into it. */
const SHIPPED = JSON.stringify({ terms: {}, files: [{}] });
const TABLE = tariffCsv({ terms: {}, files: [{}] });
const TABLE_SHA256 = createHash('sha256').update(TABLE).digest('hex');
const words = { vi: 'ghi chú', en: 'a note' };
const origin = { keyHash: 'k'.repeat(22), bodyHash: 'b'.repeat(22) };

type Office = { clock: { at: number }; versions: MemoryVersions; files: MemoryFiles; seen?: unknown };

const ports = ({ clock, versions, files }: Office, around: Around): PublicationDependencies => ({
  versions: through(versions, around),
  documents: through(files, around),
  check: () => ({ procedures: [] }),
  builtIn: () => [],
  shipped: () => SHIPPED,
  registry: { agency: async () => undefined },
  now: () => clock.at,
});
const draft = (office: Office, around: Around) =>
  draftCatalogue({ sha256: SHA256, wantedFrom: NOW, note: words }, ONE, origin, ports(office, around));
const drafted = async (office: Office): Promise<number> => {
  const { version } = await draft(office, straight);
  office.files.put(documentKey(SHA256), TEXT);
  return version.version;
};

const draftedTable = async (office: Office): Promise<void> => {
  const table = { sha256: TABLE_SHA256, table: { base: 1 }, wantedFrom: NOW, note: words };
  await draftCatalogue(table, ONE, origin, ports(office, straight));
  office.files.put(tableKey(TABLE_SHA256), TABLE);
};

function inOffice(
  story: string,
  before: (office: Office) => Promise<unknown>,
  call: (office: Office, around: Around) => Promise<{ version: object }>,
): CrashCase<Office> {
  return {
    useCase: 'publish-catalogue',
    story,
    world: async () => {
      const office: Office = { clock: { at: NOW }, versions: new MemoryVersions(), files: new MemoryFiles() };
      await before(office);
      return office;
    },
    call: async (office, around) => {
      const answer = await call(office, around);
      office.seen = await office.versions.all();
      return answer;
    },
    state: ({ seen, files }) => ({ seen, files: files.contents() }),
    wait: ({ clock }, milliseconds) => {
      clock.at += milliseconds;
    },
    answer: (answer) => (answer as { version: unknown }).version,
  };
}

const FIRST = 2;

type Table = ReturnType<typeof table>;
function table() {
  const world = aWorld();
  world.invoices.place(invoiceOf(NUMBER));
  return { world, baskets: new MemoryBaskets(), beneficiaries: new MemoryBeneficiaries(), seen: undefined as unknown };
}
const seenAt = ({ seen }: Table): unknown => seen;
const wait = ({ world: { clock } }: Table, milliseconds: number): void => {
  clock.at += milliseconds;
};

const grouping: CrashCase<Table> = {
  useCase: 'baskets',
  story: 'an invoice is put into one',
  world: table,
  call: async (there, around) => {
    const { world, baskets } = there;
    const command = { dossierCode: `${LAND}-261120-0001`, invoices: [invoiceId(NUMBER)] };
    const answer = await createBasket(command, PORTAL, 'a-key-of-mine', {
      baskets: through(baskets, around),
      invoices: through(world.invoices, around),
      now: world.now,
    });
    there.seen = await baskets.find(answer.basket.basketId);
    return answer.basket;
  },
  state: seenAt,
  wait,
  answer: (basket) => basket,
};

const naming: CrashCase<Table> = {
  useCase: 'beneficiaries',
  story: 'an agency says who a purse is',
  world: table,
  call: async (there, around) => {
    const { world, beneficiaries } = there;
    const { record } = await registerBeneficiary(aRecord(), {
      beneficiaries: through(beneficiaries, around),
      registry: through(world.registry, around),
      lists: () => ({ banks: banks(), subItems: subItems() }),
      now: world.now,
    });
    there.seen = await beneficiaries.at(record.agencyCode, record.beneficiary, '2099-01-01');
    return record;
  },
  state: seenAt,
  wait,
  answer: (record) => record,
};

// biome-ignore lint/suspicious/noExplicitAny: each case has a world of its own, and gives and takes no other.
export const catalogueCases: readonly CrashCase<any>[] = [
  inOffice('one person drafts', async () => undefined, draft),
  inOffice('a draft is read', drafted, (office, around) => validateCatalogue(FIRST, ports(office, around))),
  inOffice('a draft of rates is read', draftedTable, (office, around) =>
    validateCatalogue(FIRST, ports(office, around)),
  ),
  inOffice(
    'another person publishes',
    async (office) => validateCatalogue(await drafted(office), ports(office, straight)),
    (office, around) => approveCatalogue(FIRST, TWO, ports(office, around)),
  ),
  grouping,
  naming,
];
