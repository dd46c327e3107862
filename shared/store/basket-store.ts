import * as z from 'zod';
import {
  ConditionalCheckFailedException,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  unmarshall,
} from '../aws/dynamodb.ts';
import { Basket, type BasketBook, type BasketId } from '../domain/invoice/basket.ts';
import { lazy } from '../domain/lazy.ts';

/** Baskets in the work table, an item each, put once and never again. */
const basketKey = (basketId: BasketId) => ({ p: `basket#${basketId}`, s: 'basket' });
const BasketItem = lazy(() => z.object({ r: Basket }));

export class BasketStore implements BasketBook {
  readonly #db: DynamoDBDocumentClient;
  readonly #table: string;

  constructor(db: DynamoDBDocumentClient, table: string) {
    this.#db = db;
    this.#table = table;
  }

  async create(basket: Basket): Promise<Basket> {
    try {
      await this.#db.send(
        new PutCommand({
          TableName: this.#table,
          Item: { ...basketKey(basket.basketId), r: basket },
          ConditionExpression: 'attribute_not_exists(p)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
      return basket;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException && error.Item)
        return BasketItem.parse(unmarshall(error.Item)).r;
      throw error;
    }
  }

  async find(basketId: BasketId): Promise<Basket | undefined> {
    const { Item } = await this.#db.send(
      new GetCommand({ TableName: this.#table, Key: basketKey(basketId), ConsistentRead: true }),
    );
    return Item && BasketItem.parse(Item).r;
  }
}
