import * as z from 'zod';
import { lazy } from '../lazy.ts';

/** Types of events that an endpoint may ask for. Those that moved money are the default; others for those who ask. */
export const WebhookEventType = lazy(() =>
  z.enum([
    'invoice.created.v1',
    'invoice.paid.v1',
    'invoice.part_paid.v1',
    'invoice.expired.v1',
    'invoice.cancelled.v1',
    'invoice.partially_refunded.v1',
    'invoice.refunded.v1',
    'payment.succeeded.v1',
    'payment.failed.v1',
    'payment.succeeded_late.v1',
    'payment.reversed.v1',
    'money.surplus.v1',
    'money.unmatched.v1',
    'refund.requested.v1',
    'refund.approved.v1',
    'refund.rejected.v1',
    'refund.withdrawn.v1',
    'refund.by_hand.v1',
    'refund.completed.v1',
    'refund.failed.v1',
    'receipt.issued.v1',
  ]),
);
export type WebhookEventType = z.infer<typeof WebhookEventType>;

export const DEFAULT_EVENTS: readonly WebhookEventType[] = [
  'invoice.paid.v1',
  'invoice.part_paid.v1',
  'payment.succeeded.v1',
  'payment.failed.v1',
  'payment.succeeded_late.v1',
  'payment.reversed.v1',
  'money.surplus.v1',
  'money.unmatched.v1',
  'invoice.partially_refunded.v1',
  'invoice.refunded.v1',
  'refund.completed.v1',
];

const MAX_URL = 512;

/** Form of a webhook address; whether it may be called is decided by `address.ts`, at registration and at each delivery. */
export const WebhookUrl = lazy(() =>
  z
    .string()
    .max(MAX_URL)
    .regex(/^https?:\/\/[!-~]+$/),
);

/** Whose endpoint it is. */
export const WebhookOwner = lazy(() =>
  z.templateLiteral([z.enum(['agency', 'client']), ':', z.string().min(2).max(64)]),
);
export type WebhookOwner = z.infer<typeof WebhookOwner>;

/** An endpoint to which events are told. Its secrets stand in the secret store under {@link webhookSecretName}. */
export const WebhookEndpoint = lazy(() =>
  z.object({
    owner: WebhookOwner,
    url: WebhookUrl,
    events: z.array(WebhookEventType),
    updatedAt: z.int(),
    /** The call that last made a new secret, hashed: repeating it makes no other. */
    lastRotation: z.string().optional(),
  }),
);
export type WebhookEndpoint = z.infer<typeof WebhookEndpoint>;

/** Under the stage's prefix. The value is JSON: {@link WebhookSecrets}. */
export const webhookSecretName = (owner: WebhookOwner): string => `webhook/${owner.replace(':', '/')}`;

/** Newest first; an older one signs too until it ends, so that the receiver may change at leisure. */
export const WebhookSecrets = lazy(() =>
  z.array(lazy(() => z.object({ secret: z.string().regex(/^whsec_[A-Za-z0-9+/=]+$/), endsAt: z.int().nullable() }))),
);
export type WebhookSecrets = z.infer<typeof WebhookSecrets>;
