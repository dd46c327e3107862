import { describe, expect, it } from 'vitest';
import { eachOfPages } from '../../shared/store/each-of-pages.ts';

describe('items of pages, one by one', () => {
  async function* pages(...given: (readonly number[] | Error)[]): AsyncGenerator<Iterable<number>> {
    for (const page of given) {
      if (page instanceof Error) throw page;
      yield page;
    }
  }
  const taken = async (items: AsyncIterable<number>, most = Number.POSITIVE_INFINITY) => {
    const all: number[] = [];
    for await (const item of items) {
      all.push(item);
      if (all.length === most) break;
    }
    return all;
  };

  it('come in their order, over pages without any', async () =>
    expect(await taken(eachOfPages(pages([], [1, 2], [], [3], [])))).toEqual([1, 2, 3]));

  it('end where no page is', async () => expect(await taken(eachOfPages(pages()))).toEqual([]));

  it('fail where their page fails, and where one of them does', async () => {
    await expect(taken(eachOfPages(pages([1], new Error('gone'))))).rejects.toThrow('gone');
    function* broken(): Generator<number> {
      yield 1;
      throw new Error('unreadable');
    }
    const items = eachOfPages(
      (async function* one() {
        yield broken();
      })(),
    );
    await expect(taken(items)).rejects.toThrow('unreadable');
  });

  it('ask for no page more once nobody takes them', async () => {
    let closed = false;
    async function* watched(): AsyncGenerator<Iterable<number>> {
      try {
        yield [1, 2, 3];
        yield [4];
      } finally {
        closed = true;
      }
    }
    expect(await taken(eachOfPages(watched()), 2)).toEqual([1, 2]);
    expect(closed).toBe(true);
  });
});
