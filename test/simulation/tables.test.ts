import { dossierBookContract } from '../contract/dossier-book.contract.ts';
import { dueDaysContract } from '../contract/due-days.contract.ts';
import { invoiceBookContract } from '../contract/invoice-book.contract.ts';
import { journalAppenderContract } from '../contract/journal-appender.contract.ts';
import { refundWritesContract } from '../contract/refund-writes.contract.ts';
import { watchListContract } from '../contract/watch-list.contract.ts';
import { workStoreContract } from '../contract/work-store.contract.ts';
import { Clock } from './clock.ts';
import { CALM } from './faults.ts';
import { History } from './history.ts';
import { Host } from './process.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import { SimulatedTables, storesOf } from './store.ts';

/** The stores over the simulated tables must do what they do over a DynamoDB engine: the same suites, nothing left out. */

/** Stores of one process in a world in which nothing goes wrong and time passes by itself. */
function freshStores() {
  const clock = new Clock();
  const scheduler = new Scheduler(clock, new History());
  const host = new Host(scheduler, clock, new Random(1), CALM);
  const tables = new SimulatedTables(
    () => clock.at,
    new Random(2),
    () => 0,
    () => undefined,
  );
  const process = host.start('contract');
  return storesOf(process, host, tables, async (command, send) => {
    const answer = send(command);
    // Whoever waits for an answer makes the world go on until it has come.
    let come = false;
    const settled = answer.then(
      () => {
        come = true;
      },
      () => {
        come = true;
      },
    );
    while (!come && (await scheduler.step()));
    await settled;
    return answer;
  });
}

invoiceBookContract('simulated tables', async () => freshStores().invoices);
refundWritesContract('simulated tables', async () => freshStores().invoices);
dossierBookContract('simulated tables', async () => freshStores().dossiers);
dueDaysContract('simulated tables', async () => freshStores().dueDays);
journalAppenderContract('simulated tables', async () => freshStores().journal);
workStoreContract('simulated tables', async () => freshStores().work);
watchListContract('simulated tables', async () => freshStores().watches);
