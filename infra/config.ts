import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { StageName } from '../shared/runtime/environment.ts';

/** What differs between stages. Memory in MiB, rates in requests a second. */
export type StageSettings = {
  stage: StageName;
  region: string;
  /** Keeps what must survive when its stack is deleted, and refuses to delete tables and the user pool. */
  deletionProtection: boolean;
  logRetention: RetentionDays;
  /**
   * Where citizens and banks reach the service, `https://…` without a slash at the end; absent: API Gateway's own. Only the
   * functions are told: the domain, its certificate and its mapping to the API are made outside.
   */
  publicUrl?: string;
  /**
   * Closes API Gateway's own address, so that callers reach the service by its domains alone: where one of them demands TLS
   * client certificates, nobody goes around it. Wants `publicUrl`.
   */
  closeOwnAddress?: boolean;
  /** Limits of the whole API, beyond which the gateway answers 429. */
  throttle: { rate: number; burst: number };
  memory: { http: number; consumer: number; reconcile: number };
  /** How many copies of a queue's consumer may run at once. Lambda wants 2 at least. */
  concurrency: {
    postPayment: number;
    /** For each provider by itself. */
    askProvider: number;
    sendRefund: number;
    notifyAgency: number;
    reconcile: number;
    invoiceBatch: number;
    makeReport: number;
    issueReceipts: number;
  };
  /** Ids of Cognito app clients, beside the operator's, whose tokens the API takes: {@link maxAudience} with it. */
  audience: readonly string[];
  /**
   * Providers whose manifest names assumptions that no public document confirms. Name one here once its contract has settled
   * them, and its manifest and adapter say what the contract says.
   */
  switchedOnProviders: readonly string[];
  /**
   * Layouts of partners' files that no public document confirms. Name one here for a partner, a provider's id or a bank's BIN,
   * once its contract has settled it: `970415:bank-table.statement.v1`.
   */
  switchedOnMaps: readonly string[];
  /** The day on which the ledger begins, YYYY-MM-DD: on or before the first payment. Nothing before it is sealed. */
  ledgerBegins: string;
  /** Who is told when an alarm goes off. AWS asks them to confirm. */
  alarmEmail?: string;
};

/**
 * Clients that one JWT authorizer of an HTTP API knows; AWS does not raise it (API Gateway Developer Guide, "Quotas for
 * configuring and running an HTTP API"). More portals and agencies than that need a second authorizer or shared clients.
 */
export const maxAudience = 50;

/**
 * Singapore is the nearest AWS region with every service that is used here. Data of the state must be hosted in Vietnam,
 * and a foreign cloud is a cross-border transfer of personal data (Law 91/2025/QH15, Decree 356/2025/NĐ-CP: impact
 * assessment within 60 days): whoever runs `production` with real payers settles that first.
 */
const region = 'ap-southeast-1';

export const stages: Record<StageName, StageSettings> = {
  sandbox: {
    stage: 'sandbox',
    region,
    deletionProtection: false,
    logRetention: RetentionDays.TWO_WEEKS,
    throttle: { rate: 1000, burst: 2000 },
    memory: { http: 512, consumer: 512, reconcile: 1769 },
    concurrency: {
      postPayment: 4,
      askProvider: 2,
      sendRefund: 2,
      notifyAgency: 4,
      reconcile: 2,
      invoiceBatch: 2,
      makeReport: 2,
      issueReceipts: 2,
    },
    audience: [],
    switchedOnProviders: [],
    // No real money moves here: VNPAY's files are those of whoever plays it.
    switchedOnMaps: ['vnpay:vnpay.settlement.v1'],
    ledgerBegins: '2026-11-01',
  },
  production: {
    stage: 'production',
    region,
    deletionProtection: true,
    // Application logs hold no evidence (that is the ledger), only what explains it: two years cover an audit.
    logRetention: RetentionDays.TWO_YEARS,
    // 1,000 payments a second at five calls each.
    throttle: { rate: 5000, burst: 5000 },
    // 1,769 MiB is one whole processor: a payment's start is computing, not waiting.
    memory: { http: 1769, consumer: 1024, reconcile: 3538 },
    concurrency: {
      postPayment: 100,
      askProvider: 5,
      sendRefund: 5,
      notifyAgency: 50,
      reconcile: 4,
      invoiceBatch: 4,
      makeReport: 4,
      issueReceipts: 10,
    },
    audience: [],
    switchedOnProviders: [],
    switchedOnMaps: [],
    ledgerBegins: '2026-11-01',
    // An invented address: whoever runs it puts theirs.
    alarmEmail: 'operations@thuphi.example',
  },
};

/** Narrows a word of the command line. Throws with the stages that there are. */
export function stageNamed(name: string): StageName {
  if (Object.hasOwn(stages, name)) return name as StageName;
  throw new Error(`no stage ${JSON.stringify(name)}; there are: ${Object.keys(stages).join(', ')}`);
}
