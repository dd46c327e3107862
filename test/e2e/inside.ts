import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Clients, clientsFor, closeClients } from '../../infra/local/clients.ts';
import type { LocalStack } from '../../infra/local/stack.ts';
import { ledgerCommand } from '../../shared/runtime/ledger-command.ts';

/** What no caller sees of a running stack: its tables, queues and buckets, to be touched by hand, and the auditor's command. */
export class Inside {
  readonly clients: Clients;
  readonly db: DynamoDBDocumentClient;
  readonly #stack: LocalStack;

  constructor(stack: LocalStack) {
    const { dynamodb: tables, sqs: storage } = stack.endpoints;
    this.#stack = stack;
    this.clients = clientsFor({ tables, storage }, stack.region);
    this.db = DynamoDBDocumentClient.from(this.clients.tables);
  }

  /** Names as the template has them, or as they begin there. */
  table = (name: string): string => named(this.#stack.tables, name);
  queue = (name: string): string => named(this.#stack.queues, name);
  bucket = (name: string): string => named(this.#stack.buckets, name);

  /** `npm run ledger` over this stack: how it ends, and what it says. */
  async ledger(words: readonly string[], now: () => number = Date.now): Promise<{ code: number; said: string }> {
    const lines: string[] = [];
    const code = await ledgerCommand(words, {
      print: (line) => lines.push(line),
      environment: Object.assign(
        {},
        ...['portal-api', 'logs-api', 'issue-receipts', 'seal-ledger'].map((name) => this.#stack.environment(name)),
      ),
      now,
    });
    return { code, said: lines.join('\n') };
  }

  close(): void {
    closeClients(this.clients);
  }
}

function named(names: Readonly<Record<string, string>>, name: string): string {
  const [, found] = Object.entries(names).find(([key]) => key.startsWith(name)) ?? [];
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
}
