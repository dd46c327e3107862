import { vietnamCalendar } from '../../shared/catalogue/calendar.ts';
import { deliveries } from '../../shared/catalogue/deliveries.ts';
import { columnMaps } from '../../shared/domain/reconciliation/column-maps.ts';
import { deliveryRules } from '../../shared/domain/reconciliation/deliveries.ts';
import { mapSwitch } from '../../shared/domain/reconciliation/switched-maps.ts';
import { providerCutOffs, providerIds } from '../../shared/providers/index.ts';
import { documentClient } from '../../shared/runtime/aws.ts';
import { idsIn, readEnvironment, WatchFilesEnvironment } from '../../shared/runtime/environment.ts';
import { log } from '../../shared/runtime/log.ts';
import { count } from '../../shared/runtime/metrics.ts';
import { BookDayStore } from '../../shared/store/book-day-store.ts';
import { DeliveryStore } from '../../shared/store/delivery-store.ts';
import { RegistryStore } from '../../shared/store/registry-store.ts';
import { WorkStore } from '../../shared/store/work-store.ts';
import { type Watched, watchDeliveries } from '../../shared/usecases/watch-deliveries.ts';

const environment = readEnvironment(WatchFilesEnvironment, process.env);
const db = documentClient();
const isOn = mapSwitch(idsIn(environment.SWITCHED_ON_MAPS));
const work = new WorkStore(db, environment.WORK_TABLE);
const dependencies = {
  deliveries: new DeliveryStore(db, environment.WORK_TABLE),
  rules: deliveryRules(deliveries, providerCutOffs),
  calendar: vietnamCalendar,
  days: new BookDayStore(db, environment.WORK_TABLE),
  statements: work,
  exceptions: work,
  registry: new RegistryStore(db, environment.REGISTRY_TABLE),
  registeredAt: providerIds,
  withFiles: new Set(columnMaps.filter((map) => isOn(map.providerId, map)).map(({ providerId }) => providerId)),
  now: Date.now,
};

/** Every hour. Safe to run at any time, and twice at once. */
export async function handler(): Promise<Watched> {
  const watched = await watchDeliveries(dependencies);
  log.info('files watched', watched);
  if (watched.missing > 0) count('FilesMissing', { stage: environment.STAGE }, watched.missing);
  return watched;
}
