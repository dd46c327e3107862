import type { DynamoDBDocumentClient } from '../../shared/aws/dynamodb.ts';
import { BY_AGENCY_DAY } from '../../shared/store/invoice-item.ts';
import { createTable } from './dynoxide.ts';

/** The table of invoices with its index, as the data stack declares them. */
export const createInvoicesTable = (db: DynamoDBDocumentClient, name: string): Promise<string> =>
  createTable(
    db,
    name,
    { partition: 'k' },
    {
      attributes: [
        { AttributeName: 'g', AttributeType: 'S' },
        { AttributeName: 'c', AttributeType: 'N' },
      ],
      indexes: [
        {
          IndexName: BY_AGENCY_DAY,
          KeySchema: [
            { AttributeName: 'g', KeyType: 'HASH' },
            { AttributeName: 'c', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    },
  );
