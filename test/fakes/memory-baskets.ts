import type { Basket, BasketBook, BasketId } from '../../shared/domain/invoice/basket.ts';

/** Baskets in memory. */
export class MemoryBaskets implements BasketBook {
  readonly #baskets = new Map<BasketId, Basket>();

  async create(basket: Basket): Promise<Basket> {
    const there = this.#baskets.get(basket.basketId) ?? structuredClone(basket);
    this.#baskets.set(basket.basketId, there);
    return structuredClone(there);
  }

  async find(basketId: BasketId): Promise<Basket | undefined> {
    return structuredClone(this.#baskets.get(basketId));
  }
}
