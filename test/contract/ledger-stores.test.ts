import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOOPBACK, listen } from '../../infra/local/addresses.ts';
import { openDataDirectory } from '../../infra/local/data-directory.ts';
import { startStorage } from '../../infra/local/storage.ts';
import { BatchGetCommand, type DynamoDBDocumentClient, PutCommand } from '../../shared/aws/dynamodb.ts';
import { Bucket } from '../../shared/aws/s3.ts';
import type { BalanceBook, DayBalance } from '../../shared/domain/ledger/balances.ts';
import type { JournalEntry } from '../../shared/domain/ledger/journal.ts';
import type { JournalScanner, LyingEntry, SealKeeper } from '../../shared/domain/ledger/seal.ts';
import { BalanceStore } from '../../shared/store/balance-store.ts';
import { journalItem } from '../../shared/store/journal-item.ts';
import { DynamoJournalScanner } from '../../shared/store/journal-scanner.ts';
import { SealStore } from '../../shared/store/seal-store.ts';
import { DAY, entryOf, LAND, NOON, POLICE } from '../domain/reconciliation/samples.ts';
import { MemoryBalances } from '../fakes/memory-balances.ts';
import { MemoryJournalScanner, MemorySeals } from '../fakes/memory-seals.ts';
import { removeTemporaryFolders, temporaryFolder } from '../stack.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

function sealKeeperContract(name: string, fresh: () => Promise<SealKeeper>): void {
  describe(`seals in ${name}`, () => {
    it('keeps a segment once, byte for byte, and never replaces it', async () => {
      const seals = await fresh();
      expect(await seals.read(1)).toBeUndefined();
      expect(await seals.keep(1, '{"v":1}\nmột\n')).toBe(true);
      expect(await seals.keep(1, 'another')).toBe(false);
      expect(await seals.keep(2, 'two')).toBe(true);
      expect([await seals.read(1), await seals.read(2), await seals.read(3)]).toEqual([
        '{"v":1}\nmột\n',
        'two',
        undefined,
      ]);
    });

    it('keeps one of two at once', async () => {
      const seals = await fresh();
      const kept = await Promise.all(['a', 'b', 'c'].map((text) => seals.keep(1, text)));
      expect(kept.filter(Boolean).length).toBe(1);
      expect(await seals.read(1)).toBe(['a', 'b', 'c'][kept.indexOf(true)]);
    });

    it('remembers where the chain ends', async () => {
      const seals = await fresh();
      expect(await seals.head()).toBeUndefined();
      for (const segment of [1, 2]) await seals.remember({ segment, root: String(segment).repeat(64), to: NOON });
      expect(await seals.head()).toEqual({ segment: 2, root: '2'.repeat(64), to: NOON });
    });
  });
}

function balanceBookContract(name: string, fresh: () => Promise<BalanceBook>): void {
  describe(`balances in ${name}`, () => {
    const balance: DayBalance = {
      v: 1,
      agencyCode: LAND,
      day: DAY,
      entries: 1,
      turnover: { 'clearing:x': { debit: 5, credit: 0 }, 'payable:y': { debit: 0, credit: 5 } },
      closing: { 'clearing:x': { debit: 5, credit: 0 }, 'payable:y': { debit: 0, credit: 5 } },
    };

    it('keeps and replaces a day of an agency', async () => {
      const book = await fresh();
      expect(await book.find(LAND, DAY)).toBeUndefined();
      await book.put({ ...balance, entries: 7 });
      await book.put(balance);
      expect(JSON.stringify(await book.find(LAND, DAY))).toBe(JSON.stringify(balance));
      expect(await book.find(POLICE, DAY)).toBeUndefined();
    });

    it('knows up to which day it goes', async () => {
      const book = await fresh();
      expect(await book.projectedTo()).toBeUndefined();
      await book.markProjected(DAY);
      expect(await book.projectedTo()).toBe(DAY);
    });
  });
}

type Journal = { scanner: JournalScanner; put(entry: JournalEntry): Promise<void> };

function journalScannerContract(name: string, fresh: () => Promise<Journal>): void {
  describe(`the journal as it lies, in ${name}`, () => {
    const at = (committedAt: number, transactionId: string, agencyCode = LAND): JournalEntry =>
      entryOf({ transactionId, committedAt, agencyCode, invoiceNumber: String(123456789012 + (committedAt % 97)) });
    const all = async (journal: Journal, from: number, to: number, agencyCode = LAND) => {
      const found: LyingEntry[] = [];
      for await (const entry of journal.scanner.between({ agencyCode, from, to })) found.push(entry);
      return found;
    };

    it('gives every attribute of what was committed in the span, its beginning with it and its end not', async () => {
      const journal = await fresh();
      const entries = [at(NOON - 1, 'A'), at(NOON, 'B'), at(NOON + 5, 'C'), at(NOON + 9, 'D'), at(NOON + 10, 'E')];
      for (const entry of [...entries, at(NOON + 5, 'F', POLICE)]) await journal.put(entry);
      const found = await all(journal, NOON, NOON + 10);
      const items = entries.slice(1, 4).map(journalItem);
      expect(found.sort((one, other) => (one.s < other.s ? -1 : 1))).toEqual(items);
      expect(await all(journal, NOON, NOON)).toEqual([]);
    });

    it('goes on over midnight in Viet Nam, in order of partition and key', async () => {
      const journal = await fresh();
      const midnight = Date.parse('2026-11-21T00:00:00+07:00');
      for (let index = 0; index < 30; index += 1) await journal.put(at(midnight - 15 + index, `T${index + 10}`));
      const found = await all(journal, midnight - 10, midnight + 10);
      expect(found.length).toBe(20);
      const keys = found.map(({ p, s }) => `${p} ${s}`);
      expect(keys).toEqual(keys.toSorted());
    });

    it('gives what stands under keys, and leaves out what is absent', async () => {
      const journal = await fresh();
      const entries = Array.from({ length: 100 }, (_, index) => at(NOON + index, `T${index}`));
      for (const entry of entries.slice(1)) await journal.put(entry);
      const found = await journal.scanner.at(entries.map(journalItem));
      expect(found.length).toBe(99);
      expect(found.sort((one, other) => (one.s < other.s ? -1 : 1))).toEqual(entries.slice(1).map(journalItem));
      expect(await journal.scanner.at([])).toEqual([]);
    });
  });
}

sealKeeperContract('memory', async () => new MemorySeals());
balanceBookContract('memory', async () => new MemoryBalances());
journalScannerContract('memory', async () => {
  const scanner = new MemoryJournalScanner();
  return { scanner, put: async (entry) => scanner.put(journalItem(entry)) };
});

describe.skipIf(!dynoxideIsThere)('on the engines', () => {
  let dynoxide: Dynoxide;
  /** The local runtime's: fauxqs by itself would replace an object that must not be replaced. */
  let storage: Awaited<ReturnType<typeof localStorage>>;
  let client: S3Client;
  let made = 0;
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const environment = () => ({
    AWS_REGION: 'ap-southeast-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_S3: storage.address,
  });
  const bucket = async () => {
    const Bucket = `ledger-${made++}`;
    await client.send(new CreateBucketCommand({ Bucket }));
    return Bucket;
  };
  beforeAll(async () => {
    [dynoxide, storage] = await Promise.all([startDynoxide(), localStorage()]);
    client = new S3Client({ endpoint: storage.address, region: 'ap-southeast-1', credentials, forcePathStyle: true });
  });
  afterAll(async () => {
    client?.destroy();
    await Promise.all([dynoxide?.stop(), storage?.stop()]);
  });

  sealKeeperContract('S3 and DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Work${made++}`, { partition: 'p', sort: 's' });
    return new SealStore(await bucket(), dynoxide.db, table, environment());
  });
  balanceBookContract('S3', async () => new BalanceStore(await bucket(), environment()));

  const journalOver = async (db: DynamoDBDocumentClient): Promise<Journal> => {
    const table = await createTable(dynoxide.db, `Journal${made++}`, { partition: 'p', sort: 's' });
    return {
      scanner: new DynamoJournalScanner(db, table),
      put: async (entry) =>
        void (await dynoxide.db.send(new PutCommand({ TableName: table, Item: journalItem(entry) }))),
    };
  };
  journalScannerContract('DynamoDB', () => journalOver(dynoxide.db));
  // As DynamoDB does under load: some of the keys come back unanswered.
  journalScannerContract('a DynamoDB that answers a few keys at once', () => journalOver(answeringFew(dynoxide.db)));

  it('a DynamoDB that never answers some keys is an error, not a missing entry', async () => {
    const never = { send: async () => ({ UnprocessedKeys: { Journal: { Keys: [{ p: 'a', s: 'b' }] } } }) };
    const scanner = new DynamoJournalScanner(never as unknown as DynamoDBDocumentClient, 'Journal');
    await expect(scanner.at([{ p: 'a', s: 'b' }])).rejects.toThrow('1 keys of the journal were not answered');
  });
});

describe('a segment on its way to S3', () => {
  it.each([
    [200, true],
    [412, false],
    [409, false],
  ])('bears its digest and may not replace, both signed; %i is %s', async (status, kept) => {
    const heard: IncomingMessage['headers'][] = [];
    const server = createHttpServer(({ headers }, response) => {
      heard.push(headers);
      response.writeHead(status).end();
    });
    await listen(server, 0);
    try {
      const { port } = server.address() as AddressInfo;
      const environment = {
        AWS_REGION: 'ap-southeast-1',
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_ENDPOINT_URL_S3: `http://${LOOPBACK}:${port}`,
      };
      expect(await new Bucket('seals', environment).create('seals/1', 'text/plain', 'abc')).toBe(kept);
    } finally {
      server.closeAllConnections();
      server.close();
    }
    // RFC 1864; the digest of `abc` is that of RFC 1321, A.5.
    expect(heard).toEqual([
      expect.objectContaining({ 'content-md5': 'kAFQmDzST7DWlj99KOF/cg==', 'if-none-match': '*' }),
    ]);
    expect(heard[0]?.authorization).toMatch(/SignedHeaders=[a-z0-9;-]*content-md5;[a-z0-9;-]*if-none-match;/);
  });
});

async function localStorage() {
  const probe = createServer();
  await listen(probe, 0);
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  const address = `http://${LOOPBACK}:${port}`;
  const data = await openDataDirectory(temporaryFolder('seals'), true);
  const engine = await startStorage({
    ...{ address, data, region: 'ap-southeast-1', announcements: [] },
    startMilliseconds: START_MILLISECONDS,
    log: () => undefined,
  });
  const stop = async () => {
    await engine.stop();
    data.release();
    removeTemporaryFolders();
  };
  return { address, stop };
}

const START_MILLISECONDS = 120_000;
const FEW = 9;

function answeringFew(db: DynamoDBDocumentClient): DynamoDBDocumentClient {
  const send = async (command: Parameters<DynamoDBDocumentClient['send']>[0]) => {
    if (!(command instanceof BatchGetCommand)) return db.send(command);
    const [[table = '', { Keys = [], ...rest } = {}] = []] = Object.entries(command.input.RequestItems ?? {});
    const answer = await db.send(
      new BatchGetCommand({ RequestItems: { [table]: { ...rest, Keys: Keys.slice(0, FEW) } } }),
    );
    const left = Keys.slice(FEW);
    return { ...answer, UnprocessedKeys: left.length > 0 ? { [table]: { ...rest, Keys: left } } : {} };
  };
  return { send } as unknown as DynamoDBDocumentClient;
}
