import { DynamoDBDocumentClient } from '../aws/dynamodb.ts';

/** The tables, for a process: made once, at cold start, with the connection opened before the first call needs it. */
export const documentClient = (): DynamoDBDocumentClient => new DynamoDBDocumentClient().connect();
