import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { documentClient } from '../../shared/runtime/aws.ts';
import { readEnvironment, SandboxBankEnvironment } from '../../shared/runtime/environment.ts';
import { SecretStore } from '../../shared/runtime/secret-store.ts';
import { SandboxBookStore } from '../../shared/store/sandbox-books.ts';
import type { BankDependencies } from './bank.ts';
import { sandboxBankRoutes } from './bank-routes.ts';
import { poster } from './post.ts';
import { bankSigner } from './signer.ts';

const environment = readEnvironment(SandboxBankEnvironment, process.env);
if (environment.STAGE === 'production') throw new Error('the sandbox bank has no place in production');

const KEY_SECRET = 'sandbox-bank/key';
const RANDOM_BYTES = 16;

const secrets = new SecretStore(environment.SECRET_PREFIX, Date.now);
const post = poster(`${environment.PUBLIC_URL}/callbacks/sandbox-bank`);

const books = new SandboxBookStore(documentClient(), environment.WORK_TABLE);

const ready = async (): Promise<BankDependencies> => ({
  signer: bankSigner(await secrets.need(KEY_SECRET)),
  post,
  now: Date.now,
  random: () => randomBytes(RANDOM_BYTES).toString('hex'),
  wait: (milliseconds) => wait(milliseconds),
  books,
});

export const handler = sandboxBankRoutes(ready);
