import { documentClient } from '../../shared/runtime/aws.ts';
import { CheckReceiptEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { ReceiptStore } from '../../shared/store/receipt-store.ts';
import { checkRoute } from './check.ts';

const environment = readEnvironment(CheckReceiptEnvironment, process.env);

export const handler = checkRoute(new ReceiptStore(documentClient(), environment.RECEIPTS_TABLE));
