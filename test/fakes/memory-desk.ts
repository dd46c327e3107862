import type { QueueDesk } from '../../shared/domain/queues.ts';
import { NOW } from '../dsl/world.ts';
import { MemoryCalls } from './memory-calls.ts';

/** A desk with one queue that can be redriven and one that cannot. */
export function aDesk(bodies: string[]) {
  const inbox: string[] = [];
  const names = ['inbox', 'sweep'];
  const desk: QueueDesk = {
    names: () => names,
    counts: async (name) =>
      names.includes(name)
        ? {
            queue: name === 'inbox' ? { waiting: inbox.length, inHand: 0 } : undefined,
            deadLetters: name === 'inbox' ? bodies.length : 0,
          }
        : undefined,
    peek: async (name, limit) =>
      names.includes(name)
        ? bodies
            .slice(0, limit)
            .map((body, place) => ({ messageId: `m${place}`, sentAt: NOW - place, receives: 6, body }))
        : undefined,
    redrive: async (name, count) => {
      if (name === 'sweep') return 'notRedrivable';
      const moved = bodies.splice(0, count);
      inbox.push(...moved);
      return moved.length;
    },
  };
  return { desk, inbox, calls: new MemoryCalls() };
}
