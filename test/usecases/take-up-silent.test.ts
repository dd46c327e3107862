import { describe, expect, it } from 'vitest';
import { InvoiceNumber } from '../../shared/domain/invoice/number.ts';
import { paymentReference } from '../../shared/domain/payment/reference.ts';
import type { Question } from '../../shared/domain/payment/silent.ts';
import { MAX_TAKEN_UP, takeUpSilent } from '../../shared/usecases/take-up-silent.ts';
import { everyCall } from '../dsl/invoicing.ts';
import { NOW } from '../dsl/world.ts';
import { MemoryQueue } from '../fakes/memory-queue.ts';
import { MemoryWatches } from '../fakes/memory-watches.ts';

const MINUTE = 60_000;
const referenceOf = (index: number) => paymentReference(InvoiceNumber.parse(String(100_000_000_000 + index)), 1);

async function aList(counts: Record<string, number>, dueAt = NOW - MINUTE) {
  const watches = new MemoryWatches();
  const questions = new MemoryQueue<Question>();
  for (const [providerId, count] of Object.entries(counts))
    for (let index = 0; index < count; index += 1)
      await watches.watch({ providerId, reference: referenceOf(index), dueAt });
  return {
    watches,
    questions,
    run: (other = {}) => takeUpSilent(Object.keys(counts), { watches, questions, now: () => NOW, ...other }),
  };
}

describe('taking up silent payments', () => {
  it('asks about what is due and strikes it out', async () => {
    const list = await aList({ 'bank-one': 3, 'bank-two': 1 });
    expect(await list.run()).toEqual({ takenUp: 4 });
    expect(list.questions.take().map(({ providerId }) => providerId)).toEqual([
      'bank-one',
      'bank-one',
      'bank-one',
      'bank-two',
    ]);
    expect(list.watches.contents()).toEqual([]);
    expect(await list.run()).toEqual({ takenUp: 0 });
  });

  it('asks nothing before it is due, and leaves what no message can wait for', async () => {
    const soon = await aList({ 'bank-one': 1 }, NOW + 10 * MINUTE);
    await soon.run();
    expect(soon.questions.delays).toEqual([600]);
    const late = await aList({ 'bank-one': 1 }, NOW + 15 * MINUTE + 1);
    expect(await late.run()).toEqual({ takenUp: 0 });
    expect(late.watches.contents()).toHaveLength(1);
  });

  it('takes so many of one provider, spread over a quarter of an hour, and all of another that has few', async () => {
    const list = await aList({ 'bank-one': MAX_TAKEN_UP + 400, 'bank-two': 7 });
    const { takenUp } = await list.run();
    const sent = list.questions.take();
    expect(sent.filter(({ providerId }) => providerId === 'bank-two')).toHaveLength(7);
    const ofOne = sent.filter(({ providerId }) => providerId === 'bank-one').length;
    expect(ofOne).toBeLessThanOrEqual(MAX_TAKEN_UP + 8);
    expect(list.watches.contents()).toHaveLength(MAX_TAKEN_UP + 400 - ofOne);
    expect(takenUp).toBe(sent.length);
    const inAMinute = new Map<number, number>();
    for (const delay of list.questions.delays)
      inAMinute.set(Math.floor(delay / 60), (inAMinute.get(Math.floor(delay / 60)) ?? 0) + 1);
    expect(inAMinute.size).toBe(15);
    expect(Math.max(...inAMinute.values())).toBeLessThanOrEqual(140);
  });

  it('killed between question and striking out asks again, and loses nothing (scenario 33)', async () => {
    const list = await aList({ 'bank-one': 2 });
    const watches = everyCall(list.watches, async (name, call) => {
      if (name === 'forget') throw new Error('killed');
      return call();
    });
    await expect(list.run({ watches })).rejects.toThrow('killed');
    await list.run();
    expect(new Set(list.questions.take().map(({ reference }) => reference))).toEqual(
      new Set([referenceOf(0), referenceOf(1)]),
    );
    expect(list.watches.contents()).toEqual([]);
  });

  it('strikes nothing out while the queue is down', async () => {
    const list = await aList({ 'bank-one': 2 });
    list.questions.outage = new Error('down');
    await expect(list.run()).rejects.toThrow('down');
    expect(list.watches.contents()).toHaveLength(2);
  });
});
