import type {
  Acknowledgement,
  Answered,
  PayableAccount,
  PaymentProvider,
  ProviderNotice,
  ProviderResponse,
} from '../../domain/payment/provider.ts';
import { compactVietnamTime, readCompactVietnamTime } from '../../domain/time.ts';
import {
  answerMembers,
  bodyText,
  hostAt,
  jsonAnswer,
  type Members,
  type Place,
  partsOfSecret,
  plainText,
  postJson,
  readMembers,
  refusing,
  settled,
  terminalIn,
  transactionName,
  wholeDong,
} from '../wire.ts';
import { API_URL, manifest } from './manifest.ts';
import { receiptOf } from './receipt.ts';
import { codeOf, isAmbiguous, isSigned, type Key, SIGNED } from './signature.ts';

const VERSION = '1.0.6';
const MAX_DESCRIPTION = 255;

const parts = partsOfSecret(['secret'], ['algorithm', 'token', 'receivingAccount', 'receivingBank']);
const refuse = refusing(manifest.id);

/** 99 says that nothing was taken; a wrong amount is in our books, and there is no code for it. */
const answers: Record<Acknowledgement, [status: number, code: string, words: string]> = {
  accepted: [200, '00', 'Thanh cong'],
  duplicate: [200, '00', 'Thanh cong'],
  wrongAmount: [200, '00', 'Da ghi nhan, so tien khong khop'],
  unknownOrder: [200, '99', 'Khong tim thay giao dich'],
  badSignature: [200, '99', 'Sai ma xac thuc'],
  tryAgain: [503, '99', 'Vui long gui lai'],
};

const CONFIRMED: Readonly<Record<string, ProviderNotice['outcome']>> = { '00': 'paid', '01': 'declined' };
const QUERIED: Readonly<Record<string, ProviderNotice['outcome']>> = { 1: 'paid', 3: 'pending', 4: 'declined' };

type Config = Place & { apiUrl?: string };

/** The national platform: told of the order by INIT, it answers its page, and confirms by CONFIRM. */
export const dvcqg = ({ apiUrl, ...place }: Config): PaymentProvider => {
  const call = (account: PayableAccount, body: Record<string, unknown>) => {
    const { token } = parts.read(account.secret);
    const url = settled(hostAt(place, manifest.id, apiUrl ?? API_URL[place.stage]));
    return postJson(url, body, token === undefined ? {} : { authorization: `Bearer ${token}` });
  };

  return {
    manifest,
    acceptsSecret: (secret) => {
      if (!parts.accepts(secret)) return false;
      const { algorithm, receivingAccount } = parts.read(secret);
      return (
        (algorithm === undefined || algorithm === 'sha256' || algorithm === 'hmac-sha256') &&
        (receivingAccount === undefined || /^[0-9]{6,19}$/.test(receivingAccount))
      );
    },

    prepare: {
      request(order, account) {
        const { receivingAccount = '', receivingBank = '' } = parts.read(account.secret);
        const text = plainText(order.description, MAX_DESCRIPTION);
        const members: Record<(typeof SIGNED.INIT)[number], string> = {
          LoaiBanTin: 'INIT',
          PhienBan: VERSION,
          MaDoiTac: account.terminal,
          MaThamChieu: order.reference,
          SoTien: String(order.amount),
          LoaiHinhThanhToan: 'PAY',
          MaKenhThanhToan: '1',
          MaThietBi: '1',
          NgonNgu: 'vi-VN',
          MaTienTe: 'VND',
          MaNganHang: 'PAYMENT',
          ThongTinGiaoDich: text,
          ThoiGianGD: compactVietnamTime(order.createdAt),
          Ip: order.payerIp,
        };
        return call(account, {
          ...members,
          ThongTinBienLai: receiptOf(
            { ...order, description: text },
            { account: receivingAccount, bank: receivingBank },
          ),
          MaXacThuc: codeOf(
            SIGNED.INIT.map((name) => members[name]),
            keyOf(account.secret),
          ),
        });
      },
      read(response) {
        const answer = answerOf(response);
        const url = answer?.text('UrlThanhToan') ?? '';
        if (answer?.text('MaLoi') === '00' && /^https?:\/\/[!-~]+$/.test(url))
          return { kind: 'prepared', prepared: url };
        // No table of refusals is public: the order may stand all the same.
        return { kind: 'unknown', resultCode: (answer?.text('MaLoi') || String(response.status)).slice(0, 64) };
      },
    },

    begin(_order, _account, prepared) {
      if (!prepared) throw new Error('the national platform was not told of this payment');
      return { kind: 'redirect', url: prepared };
    },

    query: {
      request(question, account) {
        const members: Record<(typeof SIGNED.QUERY)[number], string> = {
          LoaiBanTin: 'QUERY',
          PhienBan: VERSION,
          MaDoiTac: account.terminal,
          MaThamChieu: question.reference,
          // The time of the INIT, not that of the question.
          ThoiGianGD: compactVietnamTime(question.createdAt),
        };
        const values = SIGNED.QUERY.map((name) => members[name]);
        return call(account, { ...members, MaXacThuc: codeOf(values, keyOf(account.secret)) });
      },
      read(response, question, account) {
        const answer = answerOf(response);
        const state = answer?.text('TrangThaiGD') ?? '';
        const outcome = QUERIED[state];
        const resultCode = (state || answer?.text('MaLoi') || String(response.status)).slice(0, 64);
        const named = answer?.text('MaThamChieu') ?? '';
        if (answer?.text('MaLoi') !== '00' || !outcome || (named !== '' && named !== question.reference))
          return { outcome: 'unknown', resultCode };
        const amount = wholeDong(answer.text('SoTien'));
        const transactionId = transactionName(answer.text('MaGiaoDich'));
        return {
          providerId: manifest.id,
          terminal: account.terminal,
          reference: question.reference,
          outcome: outcome === 'paid' && (amount === null || transactionId === '') ? 'review' : outcome,
          amount,
          currency: 'VND',
          transactionId,
          paidAt: readCompactVietnamTime(answer.text('ThoiGianGD')) ?? null,
          resultCode,
          evidence: Buffer.from(response.body).toString().slice(0, 8192),
        };
      },
    },

    terminalOf: (callback) => terminalIn(readMembers(bodyText(callback, refuse), refuse).text('MaDoiTac'), refuse),

    read(callback, keys) {
      const evidence = bodyText(callback, refuse);
      const { text } = readMembers(evidence, refuse);
      const values = SIGNED.CONFIRM.map(text);
      if (values.some(isAmbiguous)) refuse('ambiguous');
      if (!isSigned(values, text('MaXacThuc'), keys.map(keyOf))) refuse('signature');
      return confirmed(text, evidence);
    },

    acknowledge(acknowledgement, answered) {
      const [status, code, words] = answers[acknowledgement];
      return jsonAnswer(status, { MaLoi: code, MoTaLoi: words, ...echoOf(answered) });
    },
  };
};

const keyOf = (secret: string): Key => {
  const read = parts.read(secret);
  return { secret: read.secret, algorithm: read.algorithm === 'hmac-sha256' ? 'hmac-sha256' : 'sha256' };
};

/** The answer itself, or what a gateway before the platform wraps into `{error_code, message}`. */
function answerOf(response: ProviderResponse): Members | undefined {
  const answer = answerMembers(response.body);
  if (answer?.text('error_code') !== '0') return answer;
  return answerMembers(Buffer.from(answer.text('message')));
}

function confirmed(text: Members['text'], evidence: string): ProviderNotice {
  const amount = wholeDong(text('SoTien'));
  const transactionId = transactionName(text('MaGiaoDich'));
  // Another message signed with the same secret is none of this kind, and a code that is in no table is asked about.
  const told = text('LoaiBanTin') === 'CONFIRM' ? (CONFIRMED[text('MaLoi')] ?? 'pending') : 'review';
  return {
    providerId: manifest.id,
    terminal: text('MaDoiTac'),
    reference: text('MaThamChieu').slice(0, 128),
    outcome: told === 'paid' && (amount === null || transactionId === '') ? 'review' : told,
    amount,
    currency: text('MaTienTe').slice(0, 8),
    transactionId,
    paidAt: readCompactVietnamTime(text('ThoiGianGD')) ?? null,
    resultCode: text('MaLoi').slice(0, 64),
    evidence,
  };
}

/** Echoed as both known implementations do, their MaXacThuc too. A refused confirmation is echoed nothing. */
function echoOf(answered: Answered | undefined): Record<string, string> {
  if (!answered) return {};
  const { notice, at } = answered;
  return {
    MaDoiTac: notice.terminal,
    MaThamChieu: notice.reference,
    ThoiGianGD: compactVietnamTime(at),
    MaXacThuc: readMembers(notice.evidence, refuse).text('MaXacThuc'),
  };
}
