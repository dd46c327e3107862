/**
 * Items page by page, one after another. A page's own are there at once: an async generator would wait some turns of the
 * loop for each, which of a million is a good part of what is done with them.
 */
export function eachOfPages<Item>(pages: AsyncIterable<Iterable<Item>>): AsyncIterable<Item> {
  return {
    [Symbol.asyncIterator]() {
      const source = pages[Symbol.asyncIterator]();
      let page: Iterator<Item> | undefined;
      const nextPage = async (): Promise<IteratorResult<Item>> => {
        for (;;) {
          const { done, value } = await source.next();
          if (done) return { done: true, value: undefined };
          page = (value as Iterable<Item>)[Symbol.iterator]();
          const first = page.next();
          if (!first.done) return first;
        }
      };
      return {
        next() {
          const there = page?.next();
          return there && !there.done ? Promise.resolve(there) : nextPage();
        },
        async return() {
          await source.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
