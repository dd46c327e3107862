import { writeFileSync } from 'node:fs';
import { startStack } from '../../../infra/local/stack.ts';
import { shortLimits, testClients } from './fixture.ts';

/** A stack in a process of its own, which a test may kill. Arguments: assembly, data directory, file for what it says. */
const [assemblyDirectory = '', dataDirectory = '', report = ''] = process.argv.slice(2);
const stack = await startStack({
  assemblyDirectory,
  dataDirectory,
  port: 0,
  clients: testClients,
  limits: shortLimits,
});
const { url, queues, tables, buckets, endpoints, region } = stack;
// The processes as they are at that moment are asked for through a signal.
const say = () =>
  writeFileSync(
    report,
    JSON.stringify({ url, queues, tables, buckets, endpoints, region, processes: stack.processIds() }),
  );
process.on('SIGUSR2', say);
say();
