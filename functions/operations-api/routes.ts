import * as api from '../../shared/api/operations.ts';
import type { BlockedEndpoints } from '../../shared/domain/notification/blocked.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import { answering, type Route } from '../../shared/runtime/http.ts';
import { log } from '../../shared/runtime/log.ts';
import {
  listQueues,
  type OperateDependencies,
  redriveQueue,
  showDeadLetters,
  startRepair,
} from '../../shared/usecases/operate.ts';

export type OperationsDependencies = OperateDependencies &
  Parameters<typeof startRepair>[3] & { blocked: Pick<BlockedEndpoints, 'all'> };

const instantOrNull = (at: number | undefined) => (at === undefined ? null : formatInstant(at));

export const operationsRoutes = (dependencies: OperationsDependencies): Route[] => [
  answering(api.listQueues, async () => ({
    status: 200,
    body: {
      data: (await listQueues(dependencies)).map(({ name, queue, deadLetters, oldest }) => ({
        name,
        waiting: queue?.waiting ?? null,
        inHand: queue?.inHand ?? null,
        deadLetters,
        oldestDeadLetterAt: instantOrNull(oldest),
        redrivable: queue !== undefined,
      })),
    },
  })),

  answering(api.showDeadLetters, async ({ params: { name }, query: { limit } }) => ({
    status: 200,
    body: {
      data: (await showDeadLetters(name, limit, dependencies)).map(({ body, sentAt, ...letter }) => ({
        ...letter,
        sentAt: formatInstant(sentAt),
        bytes: Buffer.byteLength(body),
      })),
    },
  })),

  answering(api.redriveQueue, async ({ params: { name }, body, caller, idempotencyKey }) => {
    const { replayed, ...result } = await redriveQueue(name, body.count, caller, idempotencyKey, dependencies);
    if (!replayed) log.info('queue redriven', { name, moved: result.moved, by: caller.clientId });
    return { status: 200, body: { name, ...result }, replayed };
  }),

  answering(api.startRepair, async ({ body, caller, idempotencyKey }) => {
    const read = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
    const asked = { from: read(body.from), to: read(body.to), again: body.again };
    const { replayed, from, to, pieces } = await startRepair(asked, caller, idempotencyKey, dependencies);
    if (!replayed) log.info('repair started', { pieces, by: caller.clientId });
    return { status: 202, body: { from: formatInstant(from), to: formatInstant(to), pieces }, replayed };
  }),

  answering(api.listBlockedEndpoints, async () => ({
    status: 200,
    body: {
      data: (await dependencies.blocked.all()).map((one) => ({
        owner: one.owner,
        state: one.state,
        blockedSince: formatInstant(one.blockedSince),
        nextProbeAt: one.state === 'disabled' ? null : formatInstant(one.nextProbeAt),
        failures: one.failures,
        why: one.why,
      })),
    },
  })),
];
