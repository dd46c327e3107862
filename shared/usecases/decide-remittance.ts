import { keyReused, Refusal } from '../domain/refusal.ts';
import type { RegistryReader } from '../domain/registry/book.ts';
import type { Caller } from '../domain/registry/caller.ts';
import {
  type HeadChange,
  type Remittance,
  type RemittanceBook,
  type RemittanceEvent,
  type RemittanceHead,
  type RemittanceId,
  stateAfter,
} from '../domain/remittance/remittance.ts';
import type { Instant } from '../domain/time.ts';
import { originOf } from './register.ts';
import { type RemittanceFiles, readContent } from './remitted-movements.ts';
import { seesBook } from './visible.ts';

/** Calls that a batch remembers: the first made it. */
const KEPT_CALLS = 20;
/** How often a change is decided again because somebody else changed the batch meanwhile. */
const MAX_TRIES = 4;

export type ChangeDependencies = {
  remittances: Pick<RemittanceBook, 'find' | 'head' | 'change'>;
  registry: Pick<RegistryReader, 'atProvider'>;
  registeredAt: readonly string[];
  now: () => Instant;
};

export type DecideDependencies = ChangeDependencies & {
  contents: RemittanceFiles;
  /** Writes down for good that somebody tried to be both pairs of eyes. */
  audit: (tried: { remittanceId: RemittanceId; by: string; clientId: string }) => void;
};

export type RemittanceDecision =
  /** `sha256`: of the content that the second person has seen. */
  { action: 'approve'; sha256: string } | { action: 'reject'; reason: string };

/** A batch as it is after a change, and with it the head where that moves. */
export type RemittanceChange = {
  after: Remittance;
  head?: (head: RemittanceHead) => RemittanceHead;
  notBy?: string;
};

/** A batch that the caller may see; another's cannot be told from one that is not there. Refusal: not_found. */
export async function visibleRemittance(
  id: RemittanceId,
  caller: Caller,
  dependencies: Pick<ChangeDependencies, 'remittances' | 'registry' | 'registeredAt'>,
): Promise<Remittance> {
  const remittance = await dependencies.remittances.find(id);
  if (!remittance || !(await seesBook(caller, remittance.book, dependencies))) throw new Refusal('not_found');
  return remittance;
}

/**
 * Changes a batch once for each key. Decides again where somebody was faster. Refusals: not_found, idempotency_key_reused,
 * version_conflict, and those of `decide`.
 */
export async function changeRemittance(
  id: RemittanceId,
  { caller, idempotencyKey, words }: { caller: Caller; idempotencyKey: string; words: { action: string } },
  dependencies: ChangeDependencies,
  decide: (before: Remittance) => Promise<RemittanceChange> | RemittanceChange,
): Promise<{ remittance: Remittance; replayed: boolean }> {
  const { remittances } = dependencies;
  const call = originOf(caller, idempotencyKey, `remittance ${id}`, words);
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const before = await visibleRemittance(id, caller, dependencies);
    const repeated = before.calls.find(({ keyHash }) => keyHash === call.keyHash);
    if (repeated && repeated.bodyHash !== call.bodyHash) throw keyReused();
    if (repeated) return { remittance: before, replayed: true };
    const { after, head, notBy } = await decide(before);
    const [made, ...calls] = before.calls as [typeof call, ...(typeof call)[]];
    const remembered = {
      ...after,
      version: before.version + 1,
      calls: [made, ...[...calls, call].slice(1 - KEPT_CALLS)],
    };
    const changed = await remittances.change(before, remembered, {
      ...(head && { head: await headChange(before, head, dependencies) }),
      ...(notBy !== undefined && { notBy }),
    });
    if (changed === 'changed') return { remittance: remembered, replayed: false };
  }
  throw new Refusal('version_conflict');
}

export async function headChange(
  { book }: Pick<Remittance, 'book'>,
  change: (head: RemittanceHead) => RemittanceHead,
  { remittances }: Pick<ChangeDependencies, 'remittances'>,
): Promise<HeadChange> {
  const before = await remittances.head(book);
  return { before, after: { ...change(before), version: before.version + 1 } };
}

/** The state after an event. Refusal: remittance_state. */
export function movedTo({ state }: Remittance, event: RemittanceEvent): Remittance['state'] {
  const next = stateAfter(state, event);
  if (!next) throw new Refusal('remittance_state', undefined, [], { state });
  return next;
}

/**
 * Approves a batch, by another person than the one who proposed it, or rejects it, by anybody. Approved, its content stands
 * for good; rejected, its days and what it took in are free again.
 *
 * Refusals: not_found, remittance_state, own_approval, remittance_changed, idempotency_key_reused, version_conflict.
 */
export async function decideRemittance(
  id: RemittanceId,
  decision: RemittanceDecision,
  caller: Caller,
  idempotencyKey: string,
  dependencies: DecideDependencies,
): Promise<{ remittance: Remittance; replayed: boolean }> {
  const call = { caller, idempotencyKey, words: decision };
  return changeRemittance(id, call, dependencies, async (before) => {
    const decided = { decidedBy: caller.subject, decidedAt: dependencies.now() };
    const closed = (head: RemittanceHead): RemittanceHead => ({ ...head, open: null });
    if (decision.action === 'reject') {
      const { through } = await beforeIt(before, dependencies);
      return {
        after: { ...before, ...decided, state: movedTo(before, 'Rejected'), refusal: decision.reason },
        head: (head) => ({
          ...closed(head),
          ...{ last: before.previous, through, returned: [...before.again, ...head.returned] },
        }),
      };
    }
    const state = movedTo(before, 'Approved');
    if (before.by === caller.subject) {
      dependencies.audit({ remittanceId: id, by: caller.subject, clientId: caller.clientId });
      throw new Refusal('own_approval');
    }
    if (before.content.sha256 !== decision.sha256)
      throw new Refusal('remittance_changed', undefined, [], { sha256: before.content.sha256 });
    await proveContent(before, dependencies);
    return { after: { ...before, ...decided, state }, head: closed, notBy: caller.subject };
  });
}

/** Where the chain ends without a batch: the last day that any batch before it claimed. */
async function beforeIt(
  { previous }: Remittance,
  { remittances }: Pick<ChangeDependencies, 'remittances'>,
): Promise<{ through: Remittance['through'] }> {
  for (let id = previous; id !== null; ) {
    const one: Remittance | undefined = await remittances.find(id);
    if (!one) throw new Error(`${id} is gone`);
    if (one.through !== null) return { through: one.through };
    id = one.previous;
  }
  return { through: null };
}

/** The orders are those of the frozen content, to the letter. */
async function proveContent(remittance: Remittance, { contents }: Pick<DecideDependencies, 'contents'>): Promise<void> {
  const frozen = (await readContent(remittance, contents)).flatMap((line) => ('order' in line ? [line.order] : []));
  if (JSON.stringify(frozen) !== JSON.stringify(remittance.orders))
    throw new Error(`${remittance.remittanceId} has other orders than its content`);
}
