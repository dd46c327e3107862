import { writeFileSync } from 'node:fs';
import { seed } from '../../infra/local/seed.ts';
import { startStack } from '../../infra/local/stack.ts';
import { testClients, testLimits } from '../stack.ts';

/** A stack in a process of its own, which a test may kill. Arguments: assembly, data directory, file for what it says. */
const [assemblyDirectory = '', dataDirectory = '', report = ''] = process.argv.slice(2);
const stack = await startStack({
  ...{ assemblyDirectory, dataDirectory, port: 0 },
  ...{ clients: testClients, limits: testLimits },
});
await seed(stack);
const { url, tokenEndpoint, clients, logDirectory } = stack;
writeFileSync(report, JSON.stringify({ url, tokenEndpoint, clients, logDirectory }));
