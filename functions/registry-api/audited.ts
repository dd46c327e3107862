import type { Act, ActSubject } from '../../shared/domain/audit/audit.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { tagOf } from '../../shared/usecases/change-registry.ts';
import { changing } from './dependencies.ts';

/**
 * A change that one person makes, because it is theirs to say or waits for nobody: with a word before and one after.
 * `recordOf`: what stands there after it, by whose tag it is proved.
 */
export async function audited<T>(
  subject: ActSubject,
  caller: Caller,
  change: unknown,
  make: () => Promise<T>,
  recordOf: (made: T) => unknown,
): Promise<T> {
  const act = { subject, by: caller.subject, clientId: caller.clientId, change };
  const append = (more: Pick<Act, 'act'> & Partial<Act>) =>
    changing.audit.append({ ...act, ...more, at: changing.now() });
  await append({ act: 'asked' });
  try {
    const made = await make();
    await append({ act: 'applied', after: tagOf(recordOf(made)) });
    return made;
  } catch (error) {
    if (error instanceof Refusal) await append({ act: 'failed', reason: error.code });
    throw error;
  }
}
