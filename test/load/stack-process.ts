import { writeFileSync } from 'node:fs';
import { localClients } from '../../infra/local/local-clients.ts';
import { seed } from '../../infra/local/seed.ts';
import { startStack } from '../../infra/local/stack.ts';

/** The stack under load, in a process that may be killed. Arguments: assembly, data directory, port, file for what it says. */
const [assemblyDirectory = '', dataDirectory = '', port = '0', report = ''] = process.argv.slice(2);
const stack = await startStack({ assemblyDirectory, dataDirectory, port: Number(port), clients: localClients });
await seed(stack);
const { url, tokenEndpoint, clients } = stack;
writeFileSync(report, JSON.stringify({ url, tokenEndpoint, clients }));
