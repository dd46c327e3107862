import type * as z from 'zod';

/** Scopes as our own words; at the issuer each stands behind `thuphi/`. */
export const scopes = {
  'catalogue:read': 'Read procedures and fees',
  'catalogue:write': 'Draft and validate versions of the catalogue',
  'catalogue:approve': 'Publish versions that somebody else drafted',
  'quotes:write': 'Price a dossier',
  'invoices:read': 'Read invoices of own agencies',
  'invoices:write': 'Create, cancel and re-issue invoices',
  'payments:read': 'Read payments of own agencies',
  'payments:write': 'Start payments',
  'counter:write': 'Record payments at the desk of own agencies, and propose to take one back',
  'counter:approve': 'Approve or reject what another person proposed to take back',
  'refunds:read': 'Read refunds of own agencies',
  'refunds:write': 'Ask for refunds of own agencies, and report returns by hand',
  'refunds:approve': 'Order, reject or confirm what another person asked for or reported',
  'receipts:write': 'Say what is wrong on a receipt of own agencies',
  'receipts:approve': 'Approve or reject what another person found wrong on a receipt',
  'webhooks:read': 'Read webhook endpoints and the feed of events',
  'webhooks:write': 'Register webhook endpoints and replay events',
  'statements:write': 'Upload settlement files',
  'reconciliation:read': 'Read settlement files and exceptions',
  'reconciliation:write': 'Look after exceptions, propose how to settle them, close days',
  'reconciliation:approve': 'Approve or reject what another person proposed about exceptions',
  'remittances:read': 'Read what is due from bank accounts of own agencies, and the batches that pay it on',
  'remittances:write': 'Propose batches, make their files and confirm them by the statement',
  'remittances:approve': 'Approve or reject batches that another person proposed',
  'reports:read': 'Read reports',
  'aggregates:read': 'Read the aggregate feed of own agencies, which holds no personal data',
  'ledger:read': 'Read the ledger of own agencies: accounts, entries, trial balance',
  'audit:read': 'Read who changed what, and who looked at whose data',
  'callbacks:read': 'Read what a provider sent, and what it was answered',
  'operations:write': 'Register agencies, clients and merchant accounts; look after queues and books',
} as const;
export type Scope = keyof typeof scopes;

export type Method = 'GET' | 'POST' | 'PUT';

/** Headers that answers to some calls bear, beside those common to all. */
export type AnswerHeader = 'ETag' | 'Location';

/** An answer that is not JSON of ours: a page, a provider's own words. Without a media type it has no body. */
export type OtherAnswer = {
  mediaType: string | readonly string[];
  /** When it is given. */
  description?: string;
  headers?: readonly AnswerHeader[];
};

/**
 * One call of the HTTP interface: the only place where its path, scope and shapes stand. The router, the gateway's routes
 * with their scopes and the OpenAPI document are all made from it. Shapes are `lazy`: made when they are first used, for
 * a start pays for every schema that is made, and answers are read by the document and the tests only.
 */
export type Endpoint = {
  method: Method;
  /** As API Gateway writes it: `/v1/invoices/{invoiceId}`. */
  path: string;
  summary: string;
  /** Absent: public. */
  scope?: Scope;
  /**
   * Absent: every call with a scope is in the logbook, a GET as a read and the others as acts. `nobodys`: it shows nothing
   * of anybody. `kept`: what it makes is itself the record of who made it and when.
   */
  unlogged?: 'nobodys' | 'kept';
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  /** Every call that changes something needs an `Idempotency-Key`, unless it writes nothing (a quote). */
  idempotent?: boolean;
  /** By status: the shape of the JSON body, or what is answered instead. */
  answers: Readonly<Record<number, z.ZodType | OtherAnswer>>;
  /** Media types beside JSON in which the answer can be had. */
  alsoAs?: readonly string[];
  /** Headers of the answer, beside those common to all. */
  headers?: readonly AnswerHeader[];
  /** Codes of the problems that this call may answer beside those common to all. */
  problems?: readonly string[];
};

/** Checks an endpoint's shape and keeps its precise type. */
export function endpoint<const E extends Endpoint>(definition: E): E {
  return definition;
}
