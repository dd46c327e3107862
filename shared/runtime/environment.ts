import * as z from 'zod';
import { lazy } from '../domain/lazy.ts';
import { StageName } from '../domain/stage.ts';

export type { StageName };

/**
 * What each function finds in its environment, one schema a function. The function parses it once at cold start; the
 * infrastructure must satisfy the same type, so that a misspelt name does not compile. No value is a secret: secrets are
 * named here by prefix and read from Secrets Manager.
 */
const name = lazy(() => z.string().min(1));
const url = lazy(() => z.string().regex(/^https?:\/\/\S+$/));

const common = { STAGE: StageName };

/** Ids, separated by commas, of the providers that a stage's configuration switches on. */
const switchedOn = lazy(() =>
  z
    .string()
    .regex(/^(?:[a-z0-9-]+(?:,[a-z0-9-]+)*)?$/)
    .default(''),
);

/** Layouts of files that a contract has settled, `partner:map` each, separated by commas. */
const switchedOnMaps = lazy(() => z.string().regex(/^(?:[a-z0-9.:-]+(?:,[a-z0-9.:-]+)*)?$/));

/** Whoever gives an environment gives the list, although its reader does without. */
type Switched = { SWITCHED_ON_PROVIDERS: string };

/** The ids in such a list. */
export const idsIn = (list: string): string[] => list.split(',').filter(Boolean);

/** Where a development stack calls providers instead of at their own hosts; `none` outside development. */
const PlayedProviders = lazy(() => z.union([z.literal('none'), url]));

export const PortalApiEnvironment = lazy(() =>
  z.object({
    ...common,
    SWITCHED_ON_PROVIDERS: switchedOn,
    INVOICES_TABLE: name,
    DOSSIERS_TABLE: name,
    REGISTRY_TABLE: name,
    WORK_TABLE: name,
    FILES_BUCKET: name,
    /** Secrets Manager names begin with it: `thuphi/<stage>/`. */
    SECRET_PREFIX: name,
    /** Where citizens and banks reach this service, without a slash at the end. */
    PUBLIC_URL: url,
    PLAYED_PROVIDERS_URL: PlayedProviders,
  }),
);
export type PortalApiEnvironment = z.infer<typeof PortalApiEnvironment>;

export const RegistryApiEnvironment = lazy(() =>
  z.object({
    ...common,
    SWITCHED_ON_PROVIDERS: switchedOn,
    REGISTRY_TABLE: name,
    AUDIT_TABLE: name,
    /** `true`: a change of the registry takes two persons. Only a development stack may do without. */
    FOUR_EYES: z.enum(['true', 'false']),
    SECRET_PREFIX: name,
    /** `true` admits http and loopback webhook addresses. Only a development stack sets it. */
    ALLOW_LOCAL_WEBHOOKS: z.enum(['true', 'false']),
  }),
);
export type RegistryApiEnvironment = z.infer<typeof RegistryApiEnvironment>;

export const LogsApiEnvironment = lazy(() => z.object({ ...common, REGISTRY_TABLE: name, AUDIT_TABLE: name }));
export type LogsApiEnvironment = z.infer<typeof LogsApiEnvironment>;

export const KeepLogEnvironment = lazy(() => z.object({ ...common, AUDIT_TABLE: name }));
export type KeepLogEnvironment = z.infer<typeof KeepLogEnvironment>;

export const CounterApiEnvironment = lazy(() => z.object({ ...common, INVOICES_TABLE: name, REGISTRY_TABLE: name }));
export type CounterApiEnvironment = z.infer<typeof CounterApiEnvironment>;

export const RefundsApiEnvironment = lazy(() =>
  z.object({
    ...common,
    INVOICES_TABLE: name,
    REGISTRY_TABLE: name,
    WORK_TABLE: name,
    FILES_BUCKET: name,
    SECRET_PREFIX: name,
  }),
);
export type RefundsApiEnvironment = z.infer<typeof RefundsApiEnvironment>;

export const RemittancesApiEnvironment = lazy(() =>
  z.object({
    ...common,
    INVOICES_TABLE: name,
    JOURNAL_TABLE: name,
    WORK_TABLE: name,
    REGISTRY_TABLE: name,
    FILES_BUCKET: name,
    SECRET_PREFIX: name,
  }),
);
export type RemittancesApiEnvironment = z.infer<typeof RemittancesApiEnvironment>;

export const FollowRemittancesEnvironment = lazy(() =>
  z.object({ ...common, JOURNAL_TABLE: name, WORK_TABLE: name, REGISTRY_TABLE: name, FILES_BUCKET: name }),
);
export type FollowRemittancesEnvironment = z.infer<typeof FollowRemittancesEnvironment>;

export const TraceApiEnvironment = lazy(() =>
  z.object({
    ...common,
    INVOICES_TABLE: name,
    RECEIPTS_TABLE: name,
    REGISTRY_TABLE: name,
    WORK_TABLE: name,
    FILES_BUCKET: name,
  }),
);
export type TraceApiEnvironment = z.infer<typeof TraceApiEnvironment>;

/** The day before which the journal has nothing. */
const LedgerBegins = lazy(() => z.iso.date());

export const FinanceApiEnvironment = lazy(() =>
  z.object({
    ...common,
    INVOICES_TABLE: name,
    JOURNAL_TABLE: name,
    WORK_TABLE: name,
    REGISTRY_TABLE: name,
    FILES_BUCKET: name,
    SECRET_PREFIX: name,
    LEDGER_BEGINS: LedgerBegins,
    /** Where an account is asked to be matched anew. */
    RECONCILE_QUEUE_URL: url,
    SWITCHED_ON_MAPS: switchedOnMaps,
  }),
);
export type FinanceApiEnvironment = z.infer<typeof FinanceApiEnvironment>;

export const MakeReportEnvironment = lazy(() =>
  z.object({
    ...common,
    INVOICES_TABLE: name,
    JOURNAL_TABLE: name,
    WORK_TABLE: name,
    REGISTRY_TABLE: name,
    AUDIT_TABLE: name,
    FILES_BUCKET: name,
    LEDGER_BEGINS: LedgerBegins,
  }),
);
export type MakeReportEnvironment = z.infer<typeof MakeReportEnvironment>;

export const ReportsApiEnvironment = lazy(() => MakeReportEnvironment.extend({ REPORTS_QUEUE_URL: url }));
export type ReportsApiEnvironment = z.infer<typeof ReportsApiEnvironment>;

export const SealLedgerEnvironment = lazy(() =>
  z.object({
    ...common,
    JOURNAL_TABLE: name,
    WORK_TABLE: name,
    REGISTRY_TABLE: name,
    FILES_BUCKET: name,
    SEALS_BUCKET: name,
    LEDGER_BEGINS: LedgerBegins,
    /** `atOnce` seals the hour that still runs: only a development stack sets it. */
    SEALING_PACE: z.enum(['quietHours', 'atOnce']),
  }),
);
export type SealLedgerEnvironment = z.infer<typeof SealLedgerEnvironment>;

/** What an auditor's command reads beside the function's tables: what the journal follows from, and what follows from it. */
export const LedgerCommandEnvironment = lazy(() =>
  SealLedgerEnvironment.extend({
    INVOICES_TABLE: name,
    DOSSIERS_TABLE: name,
    RECEIPTS_TABLE: name,
    AUDIT_TABLE: name,
    /** The id of what signs receipts, in KMS. */
    RECEIPT_SIGNER_ID: name,
  }),
);

export const BatchApiEnvironment = lazy(() =>
  z.object({
    ...common,
    WORK_TABLE: name,
    REGISTRY_TABLE: name,
    FILES_BUCKET: name,
  }),
);
export type BatchApiEnvironment = z.infer<typeof BatchApiEnvironment>;

export const CatalogueApiEnvironment = lazy(() => z.object({ ...common, REGISTRY_TABLE: name, FILES_BUCKET: name }));
export type CatalogueApiEnvironment = z.infer<typeof CatalogueApiEnvironment>;

export const InvoiceBatchEnvironment = lazy(() =>
  z.object({
    ...common,
    INVOICES_TABLE: name,
    DOSSIERS_TABLE: name,
    REGISTRY_TABLE: name,
    WORK_TABLE: name,
    FILES_BUCKET: name,
    BATCHES_QUEUE_URL: url,
    SECRET_PREFIX: name,
  }),
);
export type InvoiceBatchEnvironment = z.infer<typeof InvoiceBatchEnvironment>;

export const ProviderCallbackEnvironment = lazy(() =>
  z.object({
    ...common,
    SWITCHED_ON_PROVIDERS: switchedOn,
    INVOICES_TABLE: name,
    REGISTRY_TABLE: name,
    INBOX_QUEUE_URL: url,
    SECRET_PREFIX: name,
  }),
);
export type ProviderCallbackEnvironment = z.infer<typeof ProviderCallbackEnvironment>;

export const DialectDvcqgEnvironment = lazy(() => PortalApiEnvironment.extend({ RECEIPTS_TABLE: name }));
export type DialectDvcqgEnvironment = z.infer<typeof DialectDvcqgEnvironment>;

export const PostPaymentEnvironment = lazy(() => z.object({ ...common, INVOICES_TABLE: name }));
export type PostPaymentEnvironment = z.infer<typeof PostPaymentEnvironment>;

/** How many times faster than usual silent payments are asked about: 1 outside development. */
const AskingSpeed = lazy(() =>
  z
    .string()
    .regex(/^[1-9][0-9]{0,3}$/)
    .transform(Number),
);

/** JSON: the address of each provider's queue of questions, by its id. */
const QuestionQueues = name.transform((text) => JSON.parse(text) as unknown).pipe(z.record(z.string(), url));

export const AskProviderEnvironment = lazy(() =>
  z.object({
    ...common,
    SWITCHED_ON_PROVIDERS: switchedOn,
    INVOICES_TABLE: name,
    REGISTRY_TABLE: name,
    WORK_TABLE: name,
    INBOX_QUEUE_URL: url,
    QUESTIONS_QUEUES: QuestionQueues,
    SECRET_PREFIX: name,
    PUBLIC_URL: url,
    PLAYED_PROVIDERS_URL: PlayedProviders,
    ASKING_SPEED: AskingSpeed,
  }),
);
export type AskProviderEnvironment = z.input<typeof AskProviderEnvironment> & Switched;

export const SendRefundEnvironment = lazy(() =>
  z.object({
    ...common,
    SWITCHED_ON_PROVIDERS: switchedOn,
    INVOICES_TABLE: name,
    REGISTRY_TABLE: name,
    REFUNDS_QUEUE_URL: url,
    SECRET_PREFIX: name,
    PUBLIC_URL: url,
    PLAYED_PROVIDERS_URL: PlayedProviders,
    ASKING_SPEED: AskingSpeed,
  }),
);
export type SendRefundEnvironment = z.input<typeof SendRefundEnvironment> & Switched;

export const PublishEventsEnvironment = lazy(() =>
  z.object({
    ...common,
    SWITCHED_ON_PROVIDERS: switchedOn,
    REFUNDS_QUEUE_URL: url,
    QUESTIONS_QUEUES: QuestionQueues,
    ASKING_SPEED: AskingSpeed,
    JOURNAL_TABLE: name,
    WORK_TABLE: name,
    REGISTRY_TABLE: name,
    DELIVERIES_QUEUE_URL: url,
    RECEIPTS_QUEUE_URL: url,
  }),
);
export type PublishEventsEnvironment = z.input<typeof PublishEventsEnvironment> & Switched;

export const NotifyAgencyEnvironment = lazy(() =>
  z.object({
    ...common,
    REGISTRY_TABLE: name,
    WORK_TABLE: name,
    DELIVERIES_QUEUE_URL: url,
    SECRET_PREFIX: name,
    ALLOW_LOCAL_WEBHOOKS: z.enum(['true', 'false']),
  }),
);
export type NotifyAgencyEnvironment = z.infer<typeof NotifyAgencyEnvironment>;

export const ReplayEventsEnvironment = lazy(() =>
  z.object({
    ...common,
    JOURNAL_TABLE: name,
    WORK_TABLE: name,
    REGISTRY_TABLE: name,
    DELIVERIES_QUEUE_URL: url,
    SECRET_PREFIX: name,
    ALLOW_LOCAL_WEBHOOKS: z.enum(['true', 'false']),
  }),
);
export type ReplayEventsEnvironment = z.infer<typeof ReplayEventsEnvironment>;

export const EventsApiEnvironment = lazy(() =>
  z.object({
    ...common,
    INVOICES_TABLE: name,
    JOURNAL_TABLE: name,
    WORK_TABLE: name,
    REGISTRY_TABLE: name,
    DELIVERIES_QUEUE_URL: url,
    SECRET_PREFIX: name,
  }),
);
export type EventsApiEnvironment = z.infer<typeof EventsApiEnvironment>;

export const RepublishEnvironment = lazy(() =>
  z.object({
    ...common,
    INVOICES_TABLE: name,
    JOURNAL_TABLE: name,
    WORK_TABLE: name,
    REGISTRY_TABLE: name,
    AUDIT_TABLE: name,
    DELIVERIES_QUEUE_URL: url,
    RECEIPTS_QUEUE_URL: url,
    /** Where its own further pieces of work go. */
    REPUBLISH_QUEUE_URL: url,
    FAILED_BATCHES_BUCKET: name,
  }),
);
export type RepublishEnvironment = z.infer<typeof RepublishEnvironment>;

export const OperationsApiEnvironment = lazy(() =>
  z.object({
    ...common,
    REGISTRY_TABLE: name,
    WORK_TABLE: name,
    REPUBLISH_QUEUE_URL: url,
    /** JSON: for each queue its dead letters and, where messages can be put back, itself. See `QueueAddresses`. */
    QUEUES: name,
  }),
);
export type OperationsApiEnvironment = z.infer<typeof OperationsApiEnvironment>;

export const WatchFilesEnvironment = lazy(() =>
  z.object({ ...common, WORK_TABLE: name, REGISTRY_TABLE: name, SWITCHED_ON_MAPS: switchedOnMaps }),
);
export type WatchFilesEnvironment = z.infer<typeof WatchFilesEnvironment>;

export const TellAggregatesEnvironment = lazy(() =>
  z.object({
    ...common,
    INVOICES_TABLE: name,
    JOURNAL_TABLE: name,
    WORK_TABLE: name,
    REGISTRY_TABLE: name,
    LEDGER_BEGINS: LedgerBegins,
  }),
);
export type TellAggregatesEnvironment = z.infer<typeof TellAggregatesEnvironment>;

export const ReconcileEnvironment = lazy(() =>
  z.object({
    ...common,
    INVOICES_TABLE: name,
    JOURNAL_TABLE: name,
    WORK_TABLE: name,
    REGISTRY_TABLE: name,
    FILES_BUCKET: name,
  }),
);
export type ReconcileEnvironment = z.infer<typeof ReconcileEnvironment>;

export const IssueReceiptsEnvironment = lazy(() =>
  z.object({
    ...common,
    INVOICES_TABLE: name,
    RECEIPTS_TABLE: name,
    REGISTRY_TABLE: name,
    /** Holds the catalogue's documents, in which fees have their names. */
    FILES_BUCKET: name,
    DELIVERIES_QUEUE_URL: url,
    /** The id of what signs receipts, in KMS. */
    RECEIPT_SIGNER_ID: name,
  }),
);
export type IssueReceiptsEnvironment = z.infer<typeof IssueReceiptsEnvironment>;

export const ReceiptsApiEnvironment = lazy(() =>
  z.object({
    ...common,
    INVOICES_TABLE: name,
    RECEIPTS_TABLE: name,
    REGISTRY_TABLE: name,
    RECEIPTS_QUEUE_URL: url,
    SECRET_PREFIX: name,
    PUBLIC_URL: url,
  }),
);
export type ReceiptsApiEnvironment = z.infer<typeof ReceiptsApiEnvironment>;

export const CheckReceiptEnvironment = lazy(() => z.object({ ...common, RECEIPTS_TABLE: name }));
export type CheckReceiptEnvironment = z.infer<typeof CheckReceiptEnvironment>;

export const SweepEnvironment = lazy(() =>
  z.object({
    ...common,
    SWITCHED_ON_PROVIDERS: switchedOn,
    REFUNDS_QUEUE_URL: url,
    QUESTIONS_QUEUES: QuestionQueues,
    INVOICES_TABLE: name,
    REGISTRY_TABLE: name,
    WORK_TABLE: name,
  }),
);
export type SweepEnvironment = z.input<typeof SweepEnvironment> & Switched;

export const ApiDocsEnvironment = lazy(() => z.object({ ...common, PUBLIC_URL: url }));
export type ApiDocsEnvironment = z.infer<typeof ApiDocsEnvironment>;

export const SandboxBankEnvironment = lazy(() =>
  z.object({
    ...common,
    SECRET_PREFIX: name,
    WORK_TABLE: name,
    PUBLIC_URL: url,
  }),
);
export type SandboxBankEnvironment = z.infer<typeof SandboxBankEnvironment>;

/** Raised at cold start when the environment does not fit: names the variables, never their values. */
export class InvalidEnvironment extends Error {
  constructor(variables: readonly string[]) {
    super(`missing or malformed environment variables: ${variables.join(', ')}`);
    this.name = 'InvalidEnvironment';
  }
}

/** Parses the environment of a function. Throws {@link InvalidEnvironment}. */
export function readEnvironment<S extends z.ZodType>(schema: S, environment: NodeJS.ProcessEnv): z.infer<S> {
  // Read once in a process: a parser compiled for it would cost more than it saves.
  const parsed = schema.safeParse(environment, { jitless: true });
  if (!parsed.success) throw new InvalidEnvironment(parsed.error.issues.map((issue) => issue.path.join('.')));
  return parsed.data;
}
