import type { Day } from '../../time.ts';
import { dayOf } from './day.ts';
import {
  type BankEntry,
  BankFileFault,
  type BankFileKind,
  type BankFormat,
  type BankReader,
  type BankSink,
  type BankVerdict,
  type EntryDetail,
  joinText,
  MAX_DETAILS,
} from './model.ts';
import { isCurrency, xmlMinorUnits } from './money.ts';
import { StatementBuilder } from './statement-builder.ts';
import { attributeOf, XmlScanner } from './xml.ts';

/**
 * ISO 20022 bank-to-customer messages: camt.052 (intraday report: read, never booked), camt.053 (statement), camt.054
 * (debit credit notification), any version. What decides is the element that holds the statements, not the namespace,
 * which some banks leave out. Source: ISO 20022 message definitions camt.052/053/054, versions 1 to 14.
 */

const MESSAGES: Readonly<Record<string, { format: BankFormat; kind: BankFileKind; statement: string }>> = {
  BkToCstmrAcctRpt: { format: 'camt.052', kind: 'intraday', statement: 'Rpt' },
  BkToCstmrAcctRptV01: { format: 'camt.052', kind: 'intraday', statement: 'Rpt' },
  BkToCstmrStmt: { format: 'camt.053', kind: 'statement', statement: 'Stmt' },
  BkToCstmrStmtV01: { format: 'camt.053', kind: 'statement', statement: 'Stmt' },
  BkToCstmrDbtCdtNtfctn: { format: 'camt.054', kind: 'advice', statement: 'Ntfctn' },
  BkToCstmrDbtCdtNtfctnV01: { format: 'camt.054', kind: 'advice', statement: 'Ntfctn' },
};

/** CLAV and FWAV are what may be disposed of, not what is booked. PRCD is the closing balance of the day before. */
const CODES = { opening: ['OPBD', 'PRCD'], closing: ['CLBD'] };
/** Between the pages of one statement stands an interim balance, as the last of one page and the first of the next. */
const INTERIM = 'ITBD';

/** What a leaf's text is for. Paths begin at the statement's own element. */
type Leaf = (reader: Camt, text: string, attributes: string) => void;
type Node = { children: Map<string, Node>; leaf?: Leaf; begin?: (reader: Camt) => void; end?: (reader: Camt) => void };

export class CamtReader implements BankReader {
  readonly #scanner: XmlScanner;
  readonly #camt: Camt;
  #fault: BankFileFault | undefined;

  constructor(sink: BankSink) {
    this.#camt = new Camt(sink);
    this.#scanner = new XmlScanner(this.#camt);
  }

  push(chunk: Uint8Array): void {
    this.#try(() => this.#scanner.push(chunk));
  }

  end(): BankVerdict {
    this.#try(() => {
      this.#scanner.end();
      if (!this.#camt.isMessage) throw new BankFileFault(1, 'unknown_message');
      if (this.#camt.statements === 0) throw new BankFileFault(0, 'empty');
    });
    if (this.#fault) return { kind: 'refused', fault: this.#fault.fault };
    return { kind: 'read', statements: this.#camt.statements, entries: this.#camt.file.entries };
  }

  #try(step: () => void): void {
    if (this.#fault) return;
    try {
      step();
    } catch (error) {
      if (!(error instanceof BankFileFault)) throw error;
      const { line, code, figures } = error.fault;
      // What the message's rules refuse knows its place among the statements; the scanner knows the line.
      this.#fault = line === 0 ? new BankFileFault(this.#scanner.line, code, figures) : error;
    }
  }
}

type Money = { minor: bigint; currency: string; sign: 1n | -1n | 0n };
const noMoney = (): Money => ({ minor: -1n, currency: '', sign: 0n });

/** One of the pages of a message or statement, counting from 1. */
type Page = { number: number; isLast: boolean };

type Draft = {
  money: Money;
  booked: boolean;
  reversal: boolean;
  bookingDay: Day | null;
  valueDay: Day | null;
  bankReference: string;
  code: string;
  text: string;
  details: EntryDetail[];
};

/** Follows the elements of a message and gathers what its statements say. */
class Camt {
  readonly file = { entries: 0 };
  statements = 0;
  isMessage = false;
  readonly #sink: BankSink;
  /** Where we are: the node of each open element, undefined below what nobody asks for. */
  readonly #path: (Node | undefined)[] = [];
  #depth = 0;
  #messageDepth = 0;
  #leaf: { node: Node; attributes: string; text: string } | undefined;
  #message: { format: BankFormat; kind: BankFileKind; statement: string } | undefined;
  /** Of the message; a statement may have its own. */
  messagePage: Page = { number: 1, isLast: true };

  builder: StatementBuilder | undefined;
  entry: Draft | undefined;
  detail: { money: Money; transactionMoney: Money; draft: EntryDetail } | undefined;
  balance: { code: string; money: Money; day: Day | null } | undefined;
  page: Page = { number: 1, isLast: true };
  /** Sums that the statement says it has, as written: its currency may come after them. */
  sums: Partial<Record<'sum' | 'credit' | 'debit' | 'net', string>> = {};
  /** What an entry says of the payments that follow it, and how many payments stood before them. */
  batch: { count?: number; sum?: Money; before: number } | undefined;

  constructor(sink: BankSink) {
    this.#sink = sink;
  }

  open(name: string, attributes: string): void {
    const above = this.#path.at(-1);
    // A value is text and nothing else: what is inside of it would be left out of it.
    if (this.#leaf?.text.trim() || (above?.leaf && above.children.size === 0))
      throw new BankFileFault(0, 'field_malformed');
    this.#leaf = undefined;
    this.#depth += 1;
    if (this.#message === undefined) {
      this.#message = Object.hasOwn(MESSAGES, name) ? MESSAGES[name] : undefined;
      this.isMessage = this.#message !== undefined;
      this.#messageDepth = this.#depth;
      this.messagePage = { number: 1, isLast: true };
      this.#path.push(undefined);
      return;
    }
    const node = above ? above.children.get(name) : this.#partNode(name);
    this.#path.push(node);
    if (node === undefined) return;
    node.begin?.(this);
    if (node.leaf) this.#leaf = { node, attributes, text: '' };
  }

  get listens(): boolean {
    return this.#leaf !== undefined;
  }

  text(text: string): void {
    if (this.#leaf) this.#leaf.text += text;
  }

  close(): void {
    const node = this.#path.pop();
    this.#depth -= 1;
    if (this.#leaf && this.#leaf.node === node) {
      const { text, attributes } = this.#leaf;
      this.#leaf = undefined;
      node.leaf?.(this, text.trim(), attributes);
    }
    node?.end?.(this);
    // Another message may follow in the same file.
    if (this.#depth < this.#messageDepth) this.#message = undefined;
  }

  /** A statement stands right below the message, and nowhere else; so does what is said of all of them. */
  #partNode(name: string): Node | undefined {
    if (this.#depth !== this.#messageDepth + 1) return undefined;
    return name === this.#message?.statement ? STATEMENT : name === 'GrpHdr' ? GROUP_HEADER : undefined;
  }

  beginStatement(): void {
    const { format, kind } = this.#message ?? { format: 'camt.053' as const, kind: 'statement' as const };
    const head = { format, kind, id: '', sequence: '', account: '', currency: '' };
    this.builder = new StatementBuilder(this.#sink, CODES, head, this.file);
    this.statements += 1;
    this.page = { ...this.messagePage };
    this.sums = {};
  }

  /** As in MT940 a page is a statement of its own, which follows on the one before. */
  #namePage({ head }: StatementBuilder): void {
    const { number, isLast } = this.page;
    if (number === 1 && isLast) return;
    const name = `/${number}`;
    if (!head.sequence.endsWith(name)) head.sequence += name;
  }

  endStatement(): void {
    const { builder, page } = this;
    this.builder = undefined;
    if (!builder) return;
    this.#namePage(builder);
    if (builder.head.kind === 'statement' && page.number > 1) builder.opensAlsoWith(INTERIM);
    if (builder.head.kind === 'statement' && !page.isLast) builder.closesAlsoWith(INTERIM);
    for (const [what, text] of Object.entries(this.sums)) {
      const sum = xmlMinorUnits(text, builder.currency);
      if (typeof sum !== 'bigint') throw new BankFileFault(0, 'amount_malformed');
      if (what === 'net') builder.declaredNet = sum;
      else builder.declared[what as 'sum' | 'credit' | 'debit'] = sum;
    }
    builder.end(0);
  }

  head(change: (head: StatementBuilder['head']) => void): void {
    if (this.builder) change(this.builder.head);
  }

  beginEntry(): void {
    if (this.builder) this.#namePage(this.builder);
    this.entry = {
      money: noMoney(),
      booked: true,
      reversal: false,
      bookingDay: null,
      valueDay: null,
      bankReference: '',
      code: '',
      text: '',
      details: [],
    };
  }

  endEntry(): void {
    const { entry, builder } = this;
    if (!entry || !builder) return;
    this.entry = undefined;
    const { minor, currency } = signed(entry.money);
    const [only] = entry.details;
    // One payment without an amount of its own is the entry's.
    if (entry.details.length === 1 && only && only.minor === null) entry.details = [{ ...only, minor, currency }];
    const { money: _, ...rest } = entry;
    builder.add({ ...rest, minor, currency } satisfies Omit<BankEntry, 'position'>, 0);
  }

  beginBatch(): void {
    this.batch = { before: this.entry?.details.length ?? 0 };
  }

  /** Some banks tell of a batch without telling its payments apart. */
  endBatch(): void {
    const { batch, entry, builder } = this;
    this.batch = undefined;
    if (!batch || !entry || !builder) return;
    const { count, sum, before } = batch;
    if (count === undefined && !sum) return;
    const details = entry.details.slice(before);
    if (details.length === 0) return;
    const position = String(builder.entries + 1);
    if (count !== undefined && count !== details.length)
      builder.find('batch_differs', { position, declared: String(count), counted: String(details.length) });
    const added = details.reduce((all, { minor }) => all + (minor ?? 0n), 0n);
    const isWhole = details.every(({ minor, currency }) => minor !== null && currency === sum?.currency);
    if (sum && isWhole && sum.minor !== (added < 0n ? -added : added))
      builder.find('batch_differs', { position, declared: String(sum.minor), added: String(added) });
  }

  beginDetail(): void {
    this.detail = {
      money: noMoney(),
      transactionMoney: noMoney(),
      draft: {
        minor: null,
        currency: '',
        bankReference: '',
        endToEndId: '',
        structured: [],
        text: '',
        virtualAccount: '',
      },
    };
  }

  endDetail(): void {
    const { detail, entry } = this;
    this.detail = undefined;
    if (!detail || !entry) return;
    if (entry.details.length >= MAX_DETAILS) throw new BankFileFault(0, 'too_many_details');
    const money = detail.money.currency === '' ? detail.transactionMoney : detail.money;
    // Where the payment names no direction of its own, it has the entry's.
    const sign = detail.money.sign || entry.money.sign;
    const amount =
      money.currency === '' || sign === 0n
        ? { minor: null, currency: entry.money.currency }
        : { minor: money.minor * sign, currency: money.currency };
    entry.details.push({ ...detail.draft, ...amount });
  }

  endBalance(): void {
    const { balance, builder } = this;
    this.balance = undefined;
    if (!balance || !builder) return;
    const { minor, currency } = signed(balance.money);
    builder.balances.push({ code: balance.code, minor, currency, day: balance.day });
  }
}

function signed({ minor, currency, sign }: Money): { minor: bigint; currency: string } {
  if (currency === '') throw new BankFileFault(0, 'amount_malformed');
  if (sign === 0n) throw new BankFileFault(0, 'direction_missing');
  return { minor: minor * sign, currency };
}

function readMoney(money: Money, text: string, attributes: string): void {
  if (money.currency !== '') throw new BankFileFault(0, 'field_twice');
  const currency = currencyIn(attributes);
  if (!isCurrency(currency)) throw new BankFileFault(0, 'currency_missing');
  const minor = xmlMinorUnits(text, currency);
  if (minor === 'malformed') throw new BankFileFault(0, 'amount_malformed');
  if (minor === 'too_fine') throw new BankFileFault(0, 'amount_too_fine');
  money.minor = minor;
  money.currency = currency;
}

function readSign(money: Money, text: string): void {
  if (money.sign !== 0n) throw new BankFileFault(0, 'field_twice');
  if (text !== 'CRDT' && text !== 'DBIT') throw new BankFileFault(0, 'direction_missing');
  money.sign = text === 'CRDT' ? 1n : -1n;
}

/** Of one statement nearly all amounts are in one currency. */
let lastCurrency = { attributes: '', currency: '' };

function currencyIn(attributes: string): string {
  if (attributes !== lastCurrency.attributes)
    lastCurrency = { attributes, currency: attributeOf(attributes, 'Ccy') ?? '' };
  return lastCurrency.currency;
}

/** The bank's own day, as it wrote it: a time with an offset is not moved to another day. */
function readDay(text: string): Day {
  if (text !== lastDay.text) lastDay = { text, day: newDay(text) };
  return lastDay.day;
}

/** The days of a statement are nearly all one. */
let lastDay: { text: string; day: Day } = { text: '1970-01-01', day: '1970-01-01' };

function newDay(text: string): Day {
  const parts = /^(\d{4})-(\d{2})-(\d{2})(?:$|[T+Z-])/.exec(text);
  const day = parts && dayOf(Number(parts[1]), Number(parts[2]), Number(parts[3]));
  if (!day) throw new BankFileFault(0, 'day_malformed');
  return day;
}

const TRUTH: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false };

function isTrue(text: string): boolean {
  const truth = Object.hasOwn(TRUTH, text) ? TRUTH[text] : undefined;
  if (truth === undefined) throw new BankFileFault(0, 'field_malformed');
  return truth;
}

/** Entry status codes: booked, pending, for information, in the future (ISO 20022 external code set). */
const STATUSES = ['BOOK', 'PDNG', 'INFO', 'FUTR'];

/** Only what is not booked is something else than booked: a bank that names no status has booked it. */
const isBooked = (text: string): boolean => text === 'BOOK' || text === '';

function isBookedCode(text: string): boolean {
  if (text !== '' && !STATUSES.includes(text)) throw new BankFileFault(0, 'field_malformed');
  return isBooked(text);
}

function readPageNumber(page: Page, text: string): void {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new BankFileFault(0, 'field_malformed');
  page.number = Number(text);
}

type Draw = { [path: string]: Leaf | Pick<Node, 'begin' | 'end'> };

/** Paths below the statement's element, and what stands there is for. */
const paths: Draw = {
  '': { begin: (reader) => reader.beginStatement(), end: (reader) => reader.endStatement() },
  Id: (reader, text) => reader.head((head) => assign(head, 'id', text)),
  ElctrncSeqNb: (reader, text) => reader.head((head) => assign(head, 'sequence', text)),
  LglSeqNb: (reader, text) => reader.head((head) => assign(head, 'sequence', head.sequence || text)),
  'Acct/Id/IBAN': (reader, text) => reader.head((head) => assign(head, 'account', text)),
  'Acct/Id/Othr/Id': (reader, text) => reader.head((head) => assign(head, 'account', head.account || text)),
  'Acct/Id/BBAN': (reader, text) => reader.head((head) => assign(head, 'account', head.account || text)),
  'Acct/Id/PrtryAcct/Id': (reader, text) => reader.head((head) => assign(head, 'account', head.account || text)),
  'Acct/Ccy': (reader, text) => reader.head((head) => assign(head, 'currency', text)),
  Bal: {
    begin: (reader) => {
      reader.balance = { code: '', money: noMoney(), day: null };
    },
    end: (reader) => reader.endBalance(),
  },
  'Bal/Tp/CdOrPrtry/Cd': (reader, text) => {
    if (reader.balance) reader.balance.code = text;
  },
  'Bal/Tp/CdOrPrtry/Prtry': (reader, text) => {
    if (reader.balance) reader.balance.code = text;
  },
  'Bal/Tp/Cd': (reader, text) => {
    if (reader.balance) reader.balance.code = text;
  },
  'Bal/Amt': (reader, text, attributes) => reader.balance && readMoney(reader.balance.money, text, attributes),
  'Bal/CdtDbtInd': (reader, text) => reader.balance && readSign(reader.balance.money, text),
  'Bal/Dt/Dt': (reader, text) => {
    if (reader.balance) reader.balance.day = readDay(text);
  },
  'Bal/Dt/DtTm': (reader, text) => {
    if (reader.balance) reader.balance.day = readDay(text);
  },
  ...pagination('StmtPgntn', 'page'),
  ...pagination('RptPgntn', 'page'),
  ...pagination('NtfctnPgntn', 'page'),
  'TxsSummry/TtlNtries/NbOfNtries': (reader, text) => {
    if (!/^\d{1,15}$/.test(text)) throw new BankFileFault(0, 'field_malformed');
    if (reader.builder) reader.builder.declared.entries = Number(text);
  },
  'TxsSummry/TtlNtries/Sum': (reader, text) => {
    reader.sums.sum = text;
  },
  'TxsSummry/TtlCdtNtries/Sum': (reader, text) => {
    reader.sums.credit = text;
  },
  'TxsSummry/TtlDbtNtries/Sum': (reader, text) => {
    reader.sums.debit = text;
  },
  'TxsSummry/TtlNtries/TtlNetNtryAmt': (reader, text) => {
    reader.sums.net = text;
  },
  'TxsSummry/TtlNtries/TtlNetNtry/Amt': (reader, text) => {
    reader.sums.net = text;
  },
  'Ntry/NtryDtls': { begin: (reader) => reader.beginBatch(), end: (reader) => reader.endBatch() },
  'Ntry/NtryDtls/Btch/NbOfTxs': (reader, text) => {
    if (!/^\d{1,15}$/.test(text)) throw new BankFileFault(0, 'field_malformed');
    if (reader.batch) reader.batch.count = Number(text);
  },
  'Ntry/NtryDtls/Btch/TtlAmt': (reader, text, attributes) => {
    const sum = noMoney();
    readMoney(sum, text, attributes);
    if (reader.batch) reader.batch.sum = sum;
  },
  Ntry: { begin: (reader) => reader.beginEntry(), end: (reader) => reader.endEntry() },
  'Ntry/Amt': (reader, text, attributes) => reader.entry && readMoney(reader.entry.money, text, attributes),
  'Ntry/CdtDbtInd': (reader, text) => reader.entry && readSign(reader.entry.money, text),
  'Ntry/RvslInd': (reader, text) => onEntry(reader, { reversal: isTrue(text) }),
  'Ntry/Sts': (reader, text) => onEntry(reader, { booked: isBookedCode(text) }),
  'Ntry/Sts/Cd': (reader, text) => onEntry(reader, { booked: isBookedCode(text) }),
  'Ntry/Sts/Prtry': (reader, text) => onEntry(reader, { booked: isBooked(text) }),
  'Ntry/BookgDt/Dt': (reader, text) => onEntry(reader, { bookingDay: readDay(text) }),
  'Ntry/BookgDt/DtTm': (reader, text) => onEntry(reader, { bookingDay: readDay(text) }),
  'Ntry/ValDt/Dt': (reader, text) => onEntry(reader, { valueDay: readDay(text) }),
  'Ntry/ValDt/DtTm': (reader, text) => onEntry(reader, { valueDay: readDay(text) }),
  'Ntry/AcctSvcrRef': (reader, text) => onEntry(reader, { bankReference: text }),
  'Ntry/BkTxCd/Domn/Cd': (reader, text) => reader.entry && onEntry(reader, { code: text }),
  'Ntry/BkTxCd/Domn/Fmly/Cd': (reader, text) => onEntry(reader, { code: `${reader.entry?.code}/${text}` }),
  'Ntry/BkTxCd/Domn/Fmly/SubFmlyCd': (reader, text) => onEntry(reader, { code: `${reader.entry?.code}/${text}` }),
  'Ntry/BkTxCd/Prtry/Cd': (reader, text) => onEntry(reader, { code: reader.entry?.code || text }),
  'Ntry/AddtlNtryInf': (reader, text) => onEntry(reader, { text: joinText(reader.entry?.text ?? '', text) }),
};

/** Paths below one payment of an entry. Version 1 puts them right below the entry. */
const detailPaths: Draw = {
  '': { begin: (reader) => reader.beginDetail(), end: (reader) => reader.endDetail() },
  'Refs/AcctSvcrRef': (reader, text) => onDetail(reader, { bankReference: text }),
  'Refs/EndToEndId': (reader, text) => onDetail(reader, { endToEndId: text === 'NOTPROVIDED' ? '' : text }),
  Amt: (reader, text, attributes) => reader.detail && readMoney(reader.detail.money, text, attributes),
  CdtDbtInd: (reader, text) => reader.detail && readSign(reader.detail.money, text),
  'AmtDtls/TxAmt/Amt': (reader, text, attributes) =>
    reader.detail && readMoney(reader.detail.transactionMoney, text, attributes),
  'RmtInf/Ustrd': addText,
  'RmtInf/Strd/AddtlRmtInf': addText,
  AddtlTxInf: addText,
  'RmtInf/Strd/CdtrRefInf/Ref': addStructured,
  'RmtInf/Strd/CdtrRefInf/CdtrRef': addStructured,
  'RltdPties/CdtrAcct/Id/Othr/Id': (reader, text) => onDetail(reader, { virtualAccount: text }),
  'RltdPties/CdtrAcct/Id/IBAN': (reader, text) => onDetail(reader, { virtualAccount: text }),
};

function assign(head: StatementBuilder['head'], name: 'id' | 'sequence' | 'account' | 'currency', text: string): void {
  head[name] = text;
}

function onEntry(reader: Camt, change: Partial<Draft>): void {
  if (reader.entry) Object.assign(reader.entry, change);
}

function onDetail(reader: Camt, change: Partial<EntryDetail>): void {
  if (reader.detail) Object.assign(reader.detail.draft, change);
}

function addText(reader: Camt, text: string): void {
  onDetail(reader, { text: joinText(reader.detail?.draft.text ?? '', text) });
}

function addStructured(reader: Camt, text: string): void {
  if (text !== '') reader.detail?.draft.structured.push(text);
}

function pagination(element: string, page: 'page' | 'messagePage'): Draw {
  return {
    [`${element}/PgNb`]: (reader, text) => readPageNumber(reader[page], text),
    [`${element}/LastPgInd`]: (reader, text) => {
      reader[page].isLast = isTrue(text);
    },
  };
}

const STATEMENT: Node = { children: new Map() };
const GROUP_HEADER: Node = { children: new Map() };

function plant(root: Node, draw: Draw, prefix: readonly string[]): void {
  for (const [path, what] of Object.entries(draw)) {
    let node = root;
    for (const name of [...prefix, ...path.split('/')].filter((part) => part !== '')) {
      const next = node.children.get(name) ?? { children: new Map() };
      node.children.set(name, next);
      node = next;
    }
    if (typeof what === 'function') node.leaf = what;
    else Object.assign(node, what);
  }
}

plant(GROUP_HEADER, pagination('MsgPgntn', 'messagePage'), []);
plant(STATEMENT, paths, []);
plant(STATEMENT, detailPaths, ['Ntry', 'NtryDtls', 'TxDtls']);
plant(STATEMENT, detailPaths, ['Ntry', 'TxDtls']);
