import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { lookUpDvcqg } from '../../shared/api/dialects.ts';
import type { ProblemCode } from '../../shared/api/problems.ts';
import { shippedProblems } from '../../shared/api/shipped-problems.ts';
import type { Procedure } from '../../shared/domain/fees/procedure.ts';
import { Refusal } from '../../shared/domain/refusal.ts';
import type { RegistryReader } from '../../shared/domain/registry/book.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { DialectConnection, dialectSecretName } from '../../shared/domain/registry/dialect.ts';
import { ClientId } from '../../shared/domain/registry/registry.ts';
import { compactVietnamTime } from '../../shared/domain/time.ts';
import { isSigned, SIGNED } from '../../shared/providers/dvcqg/signature.ts';
import { describeError, log } from '../../shared/runtime/log.ts';
import { isProblemCode, problemAnswer } from '../../shared/runtime/problem.ts';
import { contextOf } from '../../shared/runtime/request-context.ts';
import type { NumberKey } from '../../shared/usecases/create-invoice.ts';
import {
  type DialectDependencies,
  type DialectReceiptsDependencies,
  dialectReceipts,
  findDialectOrder,
  placeDialectOrder,
} from '../../shared/usecases/dialect-order.ts';
import { lookUp } from './look-up.ts';
import { DialectRefusal, type Message, nameIn, orderIn, readMessage } from './messages.ts';

export type FunctionDependencies = Omit<DialectDependencies, 'quoteKey' | 'numberKeys' | 'hashKeys' | 'procedure'> &
  DialectReceiptsDependencies & {
    registry: Pick<RegistryReader, 'client'>;
    keys: { quote(): Promise<string>; numbers(): Promise<readonly [NumberKey, ...NumberKey[]]> };
    procedureOf(code: string): Promise<Procedure | undefined>;
  };

type Words = Record<string, string>;

/** What each path is for: the message must say the same. */
const MESSAGES: Readonly<Record<string, 'INIT' | 'QUERY' | 'GET_BILL'>> = {
  init: 'INIT',
  query: 'QUERY',
  'get-bill': 'GET_BILL',
};

const LOOK_UP = `${lookUpDvcqg.method} ${lookUpDvcqg.path}`;

/** One message of a portal: read, verify, act, and answer in the dialect's own words. */
export const dialect =
  (dependencies: FunctionDependencies) =>
  async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    if (event.routeKey === LOOK_UP) return lookUp(event, dependencies);
    const kind = MESSAGES[event.pathParameters?.['message'] ?? ''];
    if (!kind) return problemAnswer('not_found', contextOf(event));
    let named: Words = {};
    const answer = (status: number, code: '00' | '99', words: string, more: Words = {}) => ({
      statusCode: status,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
      body: JSON.stringify({
        MaLoi: code,
        MoTaLoi: words,
        ...named,
        ThoiGianGD: compactVietnamTime(dependencies.now()),
        ...more,
      }),
    });
    try {
      const message = readMessage(Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8'));
      const { caller, connection } = await speakerOf(message, kind, dependencies);
      // Echoed only to whoever has signed it.
      named = { MaDoiTac: caller.clientId, MaThamChieu: message.text('MaThamChieu') };
      const more =
        kind === 'INIT'
          ? await init(message, caller, connection, dependencies)
          : await told(kind, message, caller, dependencies);
      log.info('dialect message', { kind, client: caller.clientId });
      return answer(200, '00', 'Thanh cong', more);
    } catch (error) {
      if (error instanceof DialectRefusal || error instanceof Refusal) {
        const code = error instanceof Refusal ? error.code : 'dialect';
        log.warn('dialect message refused', { kind, code });
        return answer(200, '99', error instanceof DialectRefusal ? error.words : wordsOf(error));
      }
      log.error('dialect message not answered', { kind, ...describeError(error) });
      return answer(503, '99', 'Vui long gui lai');
    }
  };

const wordsOf = ({ code, detail }: Refusal): string =>
  detail?.vi ?? (isProblemCode(code) ? shippedProblems()[code satisfies ProblemCode].title.vi : code);

/** The client that signed: all that fails is answered alike, so that nobody learns which names there are. */
async function speakerOf(
  { text }: Message,
  kind: 'INIT' | 'QUERY' | 'GET_BILL',
  { registry, secrets }: Pick<FunctionDependencies, 'registry' | 'secrets'>,
): Promise<{ caller: Caller; connection: DialectConnection }> {
  const refused = new DialectRefusal('Sai ma xac thuc');
  const clientId = ClientId.safeParse(text('MaDoiTac')).data;
  const stored = clientId === undefined ? undefined : await secrets.read(dialectSecretName(clientId));
  if (clientId === undefined || stored === undefined || text('LoaiBanTin') !== kind) throw refused;
  const connection = DialectConnection.parse(JSON.parse(stored));
  const values = SIGNED[kind === 'INIT' ? 'INIT' : 'QUERY'].map(text);
  if (!isSigned(values, text('MaXacThuc'), [connection])) throw refused;
  const client = await registry.client(clientId);
  if (!client?.active) throw refused;
  return { caller: { clientId, subject: clientId, client }, connection };
}

async function init(
  message: Message,
  caller: Caller,
  connection: DialectConnection,
  dependencies: FunctionDependencies,
): Promise<Words> {
  const order = orderIn(message);
  const [quoteKey, numberKeys, procedure] = await Promise.all([
    dependencies.keys.quote(),
    dependencies.keys.numbers(),
    dependencies.procedureOf(order.procedureCode),
  ]);
  const [newest, ...older] = numberKeys;
  const { url } = await placeDialectOrder(order, connection, caller, {
    ...dependencies,
    quoteKey,
    numberKeys,
    hashKeys: [newest.key, ...older.map(({ key }) => key)],
    procedure: () => procedure,
  });
  return { UrlThanhToan: url };
}

async function told(
  kind: 'QUERY' | 'GET_BILL',
  message: Message,
  caller: Caller,
  dependencies: FunctionDependencies,
): Promise<Words> {
  const numberKeys = await dependencies.keys.numbers();
  const found = await findDialectOrder(nameIn(message), caller, { ...dependencies, numberKeys });
  if (!found) throw new DialectRefusal('Khong tim thay giao dich');
  const { invoice, state, amount, transactionId } = found;
  if (kind === 'GET_BILL') {
    const url = await dialectReceipts(invoice, dependencies);
    if (url === undefined) throw new DialectRefusal('Chua co bien lai');
    return { UrlBienLai: url };
  }
  return {
    TrangThaiGD: state,
    SoTien: String(amount),
    MaTienTe: 'VND',
    ...(transactionId !== undefined && { MaGiaoDich: transactionId }),
  };
}
