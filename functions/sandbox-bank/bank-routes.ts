import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type * as z from 'zod';
import type { WrongPlace } from '../../shared/domain/refusal.ts';
import { placesOf, problemAnswer } from '../../shared/runtime/problem.ts';
import { contextOf, isJson } from '../../shared/runtime/request-context.ts';
import { MalformedJson, readStrictJson } from '../../shared/runtime/strict-json.ts';
import { Asked, answerQuestion, carryOutRefund, RefundOrdered } from './answers.ts';
import { allTaken, type BankDependencies, decide } from './bank.ts';
import { Decision, fieldsOf, Order, type Outcome } from './order.ts';
import { orderPage, pageHeaders, refusalPage, resultPage } from './page.ts';

/** Largest body of a decision, in bytes. */
const MAX_DECISION_BYTES = 8_192;
/** A terminal that may be used to register a merchant account; any other of the same form works as well. */
export const EXAMPLE_TERMINAL = 'SANDBOX01';

type Answer = APIGatewayProxyStructuredResultV2;
type Parsed<T> = { ok: true; value: T } | { ok: false; places: WrongPlace[] };

/** What the citizen is told on the way back. For display only: Thuphi believes the signed callback alone. */
const shownOutcome: Readonly<Record<Outcome, string>> = {
  pay: 'paid',
  pay_twice: 'paid',
  wrong_amount: 'paid',
  silent: 'paid',
  decline: 'declined',
};

/** Answers the bank's routes. Dependencies come late, because the key is read from the secret store on first use. */
export const sandboxBankRoutes =
  (ready: () => Promise<BankDependencies>) =>
  async (event: APIGatewayProxyEventV2): Promise<Answer> => {
    switch (event.routeKey) {
      case 'GET /sandbox-bank':
        return showOrder(event.rawQueryString);
      case 'GET /sandbox-bank/key': {
        const { signer } = await ready();
        return json(200, { publicKey: signer.publicKey, terminalHint: EXAMPLE_TERMINAL });
      }
      case 'POST /sandbox-bank/decide':
        return takeDecision(event, await ready());
      case 'POST /sandbox-bank/query':
        return answerProgram(Asked, event, async (asked) => answerQuestion(asked, await ready()));
      case 'POST /sandbox-bank/refund':
        return answerProgram(RefundOrdered, event, async (ordered) => carryOutRefund(ordered, await ready()));
      default:
        return problemAnswer('not_found', contextOf(event));
    }
  };

/** JSON in, a signed answer out; anything else is a problem document. */
async function answerProgram<S extends z.ZodType>(
  schema: S,
  event: APIGatewayProxyEventV2,
  answer: (asked: z.infer<S>) => Promise<object>,
): Promise<Answer> {
  if (!isJson(event)) return problemAnswer('unsupported_media_type', contextOf(event));
  const bytes = bytesOf(event);
  const read = bytes.length > MAX_DECISION_BYTES ? tooLarge : parseJson(schema, bytes);
  if (!read.ok) return problemAnswer('malformed_request', contextOf(event), undefined, read.places);
  return json(200, await answer(read.value));
}

const bytesOf = (event: APIGatewayProxyEventV2): Buffer =>
  Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');

function showOrder(query: string): Answer {
  const order = parseForm(Order, query);
  if (!order.ok) return html(400, refusalPage(order.places));
  return html(200, orderPage(order.value), order.value.returnUrl);
}

async function takeDecision(event: APIGatewayProxyEventV2, dependencies: BankDependencies): Promise<Answer> {
  const bytes = bytesOf(event);
  const isProgram = /^application\/json\b/i.test(event.headers['content-type'] ?? '');
  if (isProgram && !isJson(event)) return problemAnswer('unsupported_media_type', contextOf(event));

  const decision = readDecision(bytes, isProgram);
  if (!decision.ok)
    return isProgram
      ? problemAnswer('malformed_request', contextOf(event), undefined, decision.places)
      : html(400, refusalPage(decision.places));

  const sent = await decide(decision.value, dependencies);
  if (isProgram) return json(200, { sent });

  const continueTo = returnAddress(decision.value);
  if (continueTo === undefined || !allTaken(sent)) return html(200, resultPage(sent, continueTo));
  return { statusCode: 303, headers: { ...common, location: continueTo }, body: '' };
}

function readDecision(bytes: Buffer, isProgram: boolean): Parsed<Decision> {
  if (bytes.length > MAX_DECISION_BYTES) return tooLarge;
  return isProgram ? parseJson(Decision, bytes) : parseForm(Decision, bytes.toString('utf8'));
}

/** Where the citizen goes next, with what the bank says for display. */
function returnAddress({ returnUrl, ref, outcome }: Decision): string | undefined {
  if (returnUrl === undefined) return undefined;
  const url = new URL(returnUrl);
  url.searchParams.set('ref', ref);
  url.searchParams.set('outcome', shownOutcome[outcome]);
  return url.href;
}

const BODY = '/body';
const tooLarge: Parsed<never> = {
  ok: false,
  places: [{ pointer: BODY, message: `at most ${MAX_DECISION_BYTES} bytes` }],
};
/** Of a field that is shown back, in characters. */
const MAX_NAME = 64;

function parse<S extends z.ZodType>(schema: S, value: unknown): Parsed<z.infer<S>> {
  const parsed = schema.safeParse(value);
  return parsed.success ? { ok: true, value: parsed.data } : { ok: false, places: placesOf(parsed.error, BODY) };
}

function parseForm<S extends z.ZodType>(schema: S, encoded: string): Parsed<z.infer<S>> {
  const read = fieldsOf(encoded);
  if (read.ok) return parse(schema, read.fields);
  return { ok: false, places: [{ pointer: `${BODY}/${read.twice.slice(0, MAX_NAME)}`, message: 'appears twice' }] };
}

function parseJson<S extends z.ZodType>(schema: S, bytes: Uint8Array): Parsed<z.infer<S>> {
  try {
    return parse(schema, readStrictJson(bytes));
  } catch (error) {
    if (!(error instanceof MalformedJson)) throw error;
    return { ok: false, places: [{ pointer: `${BODY}${error.pointer}`, message: error.message }] };
  }
}

const common = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

const json = (statusCode: number, body: object): Answer => ({
  statusCode,
  headers: { ...common, 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const html = (statusCode: number, body: string, returnUrl?: string): Answer => ({
  statusCode,
  headers: pageHeaders(returnUrl),
  body,
});
