import type { Instant } from '../time.ts';
import type { WebhookEndpoint, WebhookOwner } from './webhook.ts';

/** Port: who wants to be told, and where. */
export interface WebhookDirectory {
  /** The endpoint of an agency or a client, or `undefined` if none is registered (any more). */
  endpointOf(owner: WebhookOwner): Promise<WebhookEndpoint | undefined>;
}

/** One attempt to tell one event. The id is the event's, the same on every attempt; the instant is the attempt's. */
export type WebhookMessage = {
  url: string;
  eventId: string;
  /** The event as JSON, exactly as it is signed and sent. */
  body: string;
  /** Every secret that is valid now, as `whsec_…`, newest first. Each makes one signature. */
  secrets: readonly string[];
  at: Instant;
};

/** Why no answer came that counts. `code` is the system's error code, never an address or a text of the other side. */
export type SendFailure = {
  kind: 'failed';
  why: 'addressRefused' | 'unresolvable' | 'unreachable' | 'timeout' | 'oversize' | 'secretUnusable';
  code?: string;
};

export type WebhookAnswer = { kind: 'answered'; status: number } | SendFailure;

/** Port: signs by Standard Webhooks and posts. Never throws; never follows a redirect; never shows the answer's body. */
export interface WebhookSender {
  send(message: WebhookMessage): Promise<WebhookAnswer>;
}
