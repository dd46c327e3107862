import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { providerIds } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { FollowRemittancesEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { describeError, log } from '../../shared/runtime/log.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { BookDayStore } from '../../shared/store/book-day-store.ts';
import { FilesStore } from '../../shared/store/files-store.ts';
import { JournalStore } from '../../shared/store/journal-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { RemittanceStore } from '../../shared/store/remittance-store.ts';
import { type Followed, followRemittances } from '../../shared/usecases/follow-remittances.ts';

const environment = readEnvironment(FollowRemittancesEnvironment, process.env);
const db = documentClient();
const files = new FilesStore(environment.FILES_BUCKET);
const dependencies = {
  remittances: new RemittanceStore(db, environment.WORK_TABLE),
  days: new BookDayStore(db, environment.WORK_TABLE),
  runs: files,
  contents: files,
  lists: files,
  journal: new JournalStore(db, environment.JOURNAL_TABLE),
  registry: new RegistryStore(db, environment.REGISTRY_TABLE),
  registeredAt: providerIds,
  calendar: vietnamCalendar,
  now: Date.now,
};

/** Every quarter of an hour. Safe to run at any time, and twice at once. */
export async function handler(): Promise<Followed> {
  const followed = await followRemittances(dependencies, (book, error) => {
    log.warn('account not looked at', { book, ...describeError(error) });
  });
  log.info('remittances followed', followed);
  if (followed.overdue > 0) count('RemittancesOverdue', { stage: environment.STAGE }, followed.overdue);
  if (followed.failed > 0) throw new Error(`${followed.failed} accounts could not be looked at`);
  return followed;
}
