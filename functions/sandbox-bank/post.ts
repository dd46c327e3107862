import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { BankDependencies, CallbackAnswer } from './bank.ts';

const TOTAL_MILLISECONDS = 4_000;
/** Of an answer; acknowledgements are far shorter. */
const MAX_ANSWER = 4_096;
const MAX_RESULT = 64;

const NO_ANSWER: CallbackAnswer = { status: 0, result: 'NO_ANSWER' };

/** Posts callbacks to one fixed address. */
export function poster(address: string): BankDependencies['post'] {
  const url = new URL(address);
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return (body, headers) =>
    new Promise((resolve) => {
      const bytes = Buffer.from(body, 'utf8');
      const call = send(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'content-length': bytes.length },
        signal: AbortSignal.timeout(TOTAL_MILLISECONDS),
      });
      call.on('error', () => resolve(NO_ANSWER));
      call.once('response', (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
          if (text.length > MAX_ANSWER) response.destroy();
        });
        response.on('error', () => resolve(NO_ANSWER));
        response.once('close', () => resolve({ status: response.statusCode ?? 0, result: resultIn(text) }));
      });
      call.end(bytes);
    });
}

/** The acknowledgement's own word; empty if it is none of this protocol. */
function resultIn(text: string): string {
  try {
    const { result } = JSON.parse(text) as { result?: unknown };
    return typeof result === 'string' ? result.slice(0, MAX_RESULT) : '';
  } catch {
    return '';
  }
}
