import { afterAll, beforeAll, describe } from 'vitest';
import { DossierStore } from '../../shared/store/dossier-store.ts';
import { MemoryDossiers } from '../fakes/memory-dossiers.ts';
import { dossierBookContract } from './dossier-book.contract.ts';
import { createTable, type Dynoxide, dynoxideIsThere, startDynoxide } from './dynoxide.ts';

dossierBookContract('memory', async () => new MemoryDossiers());

describe.skipIf(!dynoxideIsThere)('on a DynamoDB engine', () => {
  let dynoxide: Dynoxide;
  let tables = 0;
  beforeAll(async () => {
    dynoxide = await startDynoxide();
  });
  afterAll(() => dynoxide?.stop());

  dossierBookContract('DynamoDB', async () => {
    const table = await createTable(dynoxide.db, `Dossiers${tables++}`, { partition: 'k' });
    return new DossierStore(dynoxide.db, table);
  });
});
