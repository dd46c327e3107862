import * as z from 'zod';
import { AgencyCode } from '../domain/identity/codes.ts';
import { lazy } from '../domain/lazy.ts';
import { WebhookEventType, WebhookUrl } from '../domain/notification/webhook.ts';
import { ProviderStatus } from '../domain/payment/availability.ts';
import { ProviderId } from '../domain/payment/provider.ts';
import { BeneficiaryRecord } from '../domain/registry/beneficiary.ts';
import { DialectConnection } from '../domain/registry/dialect.ts';
import {
  Agency,
  Beneficiary,
  Client,
  ClientId,
  MerchantAccount,
  MerchantAccountId,
} from '../domain/registry/registry.ts';
import { ProposalBody } from './audit.ts';
import { DayText, InstantInput, InstantText, OutageBody, writtenText } from './common.ts';
import { endpoint } from './endpoint.ts';

/** Who takes part and where money goes: calls for operators, and for agencies and portals that register webhooks. */

const AgencyParams = lazy(() => z.strictObject({ code: AgencyCode }));
const ClientParams = lazy(() => z.strictObject({ id: ClientId }));
const AccountParams = lazy(() => z.strictObject({ id: MerchantAccountId }));

export const getAgency = endpoint({
  method: 'GET',
  path: '/v1/agencies/{code}',
  summary: 'Read an agency',
  scope: 'operations:write',
  params: AgencyParams,
  answers: { 200: lazy(() => Agency.strict()) },
  headers: ['ETag'],
});

export const putAgency = endpoint({
  method: 'PUT',
  path: '/v1/agencies/{code}',
  summary: 'Register or change an agency',
  scope: 'operations:write',
  unlogged: 'kept',
  params: AgencyParams,
  body: lazy(() => Agency.omit({ code: true }).strict()),
  idempotent: true,
  answers: { 200: lazy(() => Agency.strict()), 202: ProposalBody },
  headers: ['ETag'],
  problems: ['precondition_failed', 'receipts_registered', 'version_conflict'],
});

export const getClient = endpoint({
  method: 'GET',
  path: '/v1/clients/{id}',
  summary: 'Read a client',
  scope: 'operations:write',
  params: ClientParams,
  answers: { 200: lazy(() => Client.strict()) },
  headers: ['ETag'],
});

export const putClient = endpoint({
  method: 'PUT',
  path: '/v1/clients/{id}',
  summary: 'Register or change a client: its agencies and the hosts it may send citizens back to',
  scope: 'operations:write',
  unlogged: 'kept',
  params: ClientParams,
  body: lazy(() => Client.omit({ id: true }).strict()),
  idempotent: true,
  answers: { 200: lazy(() => Client.strict()), 202: ProposalBody },
  headers: ['ETag'],
  problems: ['unknown_agency', 'unknown_provider', 'unprocessable', 'precondition_failed', 'version_conflict'],
});

export const putClientDialect = endpoint({
  method: 'PUT',
  path: '/v1/clients/{id}/dialects/dvcqg',
  summary:
    'Let a client speak the national platform’s message set: its MaDoiTac is its id; kept as a secret, never shown',
  scope: 'operations:write',
  unlogged: 'kept',
  params: ClientParams,
  body: lazy(() => DialectConnection),
  idempotent: true,
  answers: { 200: lazy(() => DialectConnection.omit({ secret: true })), 202: ProposalBody },
  headers: ['ETag'],
  problems: ['unknown_provider', 'webhook_address_refused'],
});

export const getMerchantAccount = endpoint({
  method: 'GET',
  path: '/v1/merchant-accounts/{id}',
  summary: 'Read a merchant account, without its secret',
  scope: 'operations:write',
  params: AccountParams,
  answers: { 200: lazy(() => MerchantAccount.strict()) },
  headers: ['ETag'],
});

export const putMerchantAccount = endpoint({
  method: 'PUT',
  path: '/v1/merchant-accounts/{id}',
  summary: 'Register or change where an agency’s money goes at a provider',
  scope: 'operations:write',
  unlogged: 'kept',
  params: AccountParams,
  body: lazy(() =>
    MerchantAccount.omit({ id: true })
      .strict()
      .extend({
        /** Write-only. What the provider’s manifest says stands in it; kept in the secret store, never shown again. */
        secret: z.string().min(8).max(4096).optional(),
        /**
         * A terminal has one secret for all accounts that use it. Whoever sends another one for a terminal that is not this
         * account's alone (others use it, or did, or are about to) must say that it is to be replaced for all of them.
         */
        replaceSharedSecret: z.boolean().optional(),
        /**
         * Beside a new secret: until then, at most 30 days from now, the one that it replaces still verifies callbacks. New
         * payments are signed with the new one, everywhere within a minute. Without it the replaced one ends with the call.
         */
        previousSecretUntil: InstantText.optional(),
      }),
  ),
  idempotent: true,
  answers: { 200: lazy(() => MerchantAccount.strict()), 202: ProposalBody },
  headers: ['ETag'],
  problems: [
    'unknown_agency',
    'unknown_provider',
    'precondition_failed',
    'version_conflict',
    'account_taken',
    'secret_missing',
    'secret_malformed',
    'terminal_shared',
  ],
});

const ProviderParams = lazy(() => z.strictObject({ providerId: ProviderId }));
const MAX_STATUS_WORDS = 500;
const StatusWords = lazy(() => writtenText(MAX_STATUS_WORDS));
const SaidStatus = lazy(() => z.strictObject({ state: ProviderStatus.shape.state, outage: OutageBody.optional() }));
const StatusBody = lazy(() =>
  z.strictObject({
    providerId: ProviderId,
    ...SaidStatus.shape,
    /** What was said and by whom, newest first, 50 at most. */
    changes: z.array(
      z.strictObject({
        ...SaidStatus.shape,
        reason: z.string(),
        changedBy: z.strictObject({ clientId: z.string(), subject: z.string() }),
        changedAt: InstantText,
      }),
    ),
  }),
);

export const getProviderStatus = endpoint({
  method: 'GET',
  path: '/v1/providers/{providerId}/status',
  summary: 'Read what operators said of a provider: on, off, an outage; and who said it when',
  scope: 'operations:write',
  params: ProviderParams,
  answers: { 200: StatusBody },
  problems: ['unknown_provider'],
});

export const putProviderStatus = endpoint({
  method: 'PUT',
  path: '/v1/providers/{providerId}/status',
  summary: 'Switch a provider off or on, or announce an outage; in effect everywhere within ten seconds',
  scope: 'operations:write',
  unlogged: 'kept',
  params: ProviderParams,
  body: lazy(() =>
    z.strictObject({
      state: ProviderStatus.shape.state,
      /** Without it an announced outage is taken back. 31 days at most. */
      outage: z
        .strictObject({
          from: InstantInput,
          until: InstantInput,
          words: z.strictObject({ vi: StatusWords, en: StatusWords }),
        })
        .optional(),
      /** For the record; citizens do not see it. */
      reason: StatusWords,
    }),
  ),
  idempotent: true,
  answers: { 200: StatusBody },
  problems: ['unknown_provider', 'unprocessable'],
});

const PurseParams = lazy(() => AgencyParams.extend({ beneficiary: Beneficiary }));

export const getBeneficiary = endpoint({
  method: 'GET',
  path: '/v1/agencies/{code}/beneficiaries/{beneficiary}',
  summary: 'Read who one of an agency’s purses is to the budget, today or on a day',
  scope: 'operations:write',
  params: PurseParams,
  query: lazy(() => z.strictObject({ on: DayText.optional() })),
  answers: { 200: lazy(() => BeneficiaryRecord) },
  headers: ['ETag'],
});

export const putBeneficiary = endpoint({
  method: 'PUT',
  path: '/v1/agencies/{code}/beneficiaries/{beneficiary}/{effectiveFrom}',
  summary: 'Say who a purse is from a day on: account, budget codes, retention; never edited, only followed by another',
  scope: 'operations:write',
  unlogged: 'kept',
  params: lazy(() => PurseParams.extend({ effectiveFrom: DayText })),
  body: lazy(() => BeneficiaryRecord.omit({ agencyCode: true, beneficiary: true, effectiveFrom: true })),
  idempotent: true,
  answers: { 200: lazy(() => BeneficiaryRecord), 202: ProposalBody },
  headers: ['ETag'],
  problems: ['unknown_agency', 'unprocessable', 'published_immutable'],
});

const WebhookBody = lazy(() =>
  z.strictObject({
    url: WebhookUrl,
    events: z.array(WebhookEventType).min(1).max(WebhookEventType.options.length).optional(),
  }),
);

const Webhook = lazy(() =>
  z.strictObject({
    url: z.string(),
    events: z.array(z.string()),
    updatedAt: InstantText,
  }),
);
/** The secret (`whsec_…`) is shown once, when it is made. */
const WebhookWithSecret = lazy(() => Webhook.extend({ secret: z.string().optional() }));

const webhookCalls = <P extends z.ZodType>(owner: 'agencies/{code}' | 'clients/{id}', params: P) => ({
  get: endpoint({
    method: 'GET',
    path: `/v1/${owner}/webhook`,
    summary: 'Read a webhook endpoint',
    scope: 'webhooks:read',
    params,
    answers: { 200: Webhook },
  }),
  put: endpoint({
    method: 'PUT',
    path: `/v1/${owner}/webhook`,
    summary: 'Register a webhook endpoint; the answer to the first registration shows its secret, once',
    scope: 'webhooks:write',
    unlogged: 'kept',
    params,
    body: WebhookBody,
    idempotent: true,
    answers: { 200: WebhookWithSecret },
    problems: ['webhook_address_refused'],
  }),
  rotate: endpoint({
    method: 'POST',
    path: `/v1/${owner}/webhook/rotate`,
    summary: 'Make a new secret; both sign until the old one ends after a day',
    scope: 'webhooks:write',
    unlogged: 'kept',
    params,
    idempotent: true,
    answers: { 200: WebhookWithSecret },
  }),
});

const agencyWebhook = webhookCalls('agencies/{code}', AgencyParams);
const clientWebhook = webhookCalls('clients/{id}', ClientParams);

export const getAgencyWebhook = agencyWebhook.get;
export const putAgencyWebhook = agencyWebhook.put;
export const rotateAgencyWebhook = agencyWebhook.rotate;
export const getClientWebhook = clientWebhook.get;
export const putClientWebhook = clientWebhook.put;
export const rotateClientWebhook = clientWebhook.rotate;

export const registryApi = [
  getAgency,
  putAgency,
  getClient,
  putClient,
  putClientDialect,
  getMerchantAccount,
  putMerchantAccount,
  getProviderStatus,
  putProviderStatus,
  getBeneficiary,
  putBeneficiary,
  getAgencyWebhook,
  putAgencyWebhook,
  rotateAgencyWebhook,
  getClientWebhook,
  putClientWebhook,
  rotateClientWebhook,
] as const;
