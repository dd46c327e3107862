import * as z from 'zod';
import type { InvoiceNumber } from '../invoice/number.ts';
import { lazy } from '../lazy.ts';
import type { Instant } from '../time.ts';
import { WebhookOwner } from './webhook.ts';

/** What became of telling one event to one endpoint. Instants in milliseconds; each is that of the first time. */
export const Telling = lazy(() =>
  z.object({
    eventId: z.string(),
    type: z.string(),
    owner: WebhookOwner,
    /** The endpoint took it. */
    toldAt: z.int().optional(),
    /** It was left to the catching up, because the endpoint does not answer. */
    heldAt: z.int().optional(),
    /** A try failed, and why the last one did; never a text of the other side. */
    failedAt: z.int().optional(),
    why: z.string().optional(),
  }),
);
export type Telling = z.infer<typeof Telling>;

/** The invoice that an event is about, by its id; `undefined` where it is about money of none. */
export const invoiceOfEvent = (eventId: string): InvoiceNumber | undefined =>
  /^evt_([1-9][0-9]{11})_/.exec(eventId)?.[1] as InvoiceNumber | undefined;

export type Told = { kind: 'told' | 'held' } | { kind: 'failed'; why: string };

/** Port: which events of an invoice were told, held back, or not taken. */
export interface TellingBook {
  /** Noting the same again changes nothing but the last reason of a failure. Events of no invoice are not noted. */
  note(event: { id: string; type: string }, owner: WebhookOwner, told: Told, at: Instant): Promise<void>;
  /** Strongly consistent. */
  ofInvoice(number: InvoiceNumber): Promise<Telling[]>;
}
