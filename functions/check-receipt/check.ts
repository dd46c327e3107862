import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { ReceiptBook } from '../../shared/domain/receipt/book.ts';
import { readCheckCode } from '../../shared/domain/receipt/receipt.ts';
import { describeError, log } from '../../shared/runtime/log.ts';
import { preferredMediaType } from '../../shared/runtime/negotiation.ts';
import { problemAnswer } from '../../shared/runtime/problem.ts';
import { contextOf, requestIdOf } from '../../shared/runtime/request-context.ts';
import { checkReceipt } from '../../shared/usecases/read-receipts.ts';
import { checkPage, pageHeaders } from './page.ts';

/**
 * The public check. A page for whoever scans the code, JSON for programs. Whatever is asked, the answer has the same form
 * and status, and says nothing beyond the code and whether it stands: not even whether a receipt of that name exists.
 */
export const checkRoute =
  (receipts: Pick<ReceiptBook, 'find'>) =>
  async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    try {
      const asked = event.pathParameters?.['code'] ?? '';
      const validity = await checkReceipt(asked, receipts);
      // What is no code is not said again: it may be anything.
      const code = readCheckCode(asked) ? asked : null;
      const common = { 'cache-control': 'no-store', 'x-request-id': requestIdOf(event) };
      if (preferredMediaType(event.headers['accept'], ['text/html', 'application/json']) === 'text/html')
        return { statusCode: 200, headers: { ...pageHeaders, ...common }, body: checkPage(code, validity) };
      return {
        statusCode: 200,
        headers: { 'content-type': 'application/json; charset=utf-8', 'x-content-type-options': 'nosniff', ...common },
        body: JSON.stringify({ code, validity }),
      };
    } catch (error) {
      log.error('receipt not checked', describeError(error));
      return problemAnswer('unavailable', contextOf(event));
    }
  };
