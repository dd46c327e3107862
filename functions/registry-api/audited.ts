import type { ActSubject } from '../../shared/domain/audit/audit.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { changing } from './dependencies.ts';

/** A change that one person makes, because it is theirs to say or waits for nobody: with a word before and one after. */
export async function audited<T>(
  subject: ActSubject,
  caller: Caller,
  change: unknown,
  make: () => Promise<T>,
): Promise<T> {
  const act = { subject, by: caller.subject, clientId: caller.clientId, change };
  await changing.audit.append({ ...act, act: 'asked', at: changing.now() });
  const made = await make();
  await changing.audit.append({ ...act, act: 'applied', at: changing.now() });
  return made;
}
