import * as z from 'zod';
import { lazy } from '../lazy.ts';
import { WebhookUrl } from '../notification/webhook.ts';
import { ProviderId } from '../payment/provider.ts';

/**
 * How a client speaks the message set of the national payment platform with us. Its MaDoiTac is its client id. The whole of
 * it is kept as one secret; a client without it does not speak the dialect.
 */
export const DialectConnection = lazy(() =>
  z.strictObject({
    /** Shared with the portal: signs its messages and ours. */
    secret: z.string().regex(/^[!-{}~]{16,256}$/),
    /** One rule and no other: whoever may choose could choose the weaker. */
    algorithm: z.enum(['sha256', 'hmac-sha256']).default('sha256'),
    /** Through whom its citizens pay: its messages name nobody. */
    providerId: ProviderId,
    /** Where citizens go afterwards, on a host that is registered for the client: its messages do not say. */
    returnUrl: z.url().max(512),
    /** Where it is told by CONFIRM. */
    confirmUrl: WebhookUrl,
  }),
);
export type DialectConnection = z.infer<typeof DialectConnection>;

export const dialectSecretName = (clientId: string): string => `dialect/dvcqg/${clientId}`;

/** MaThamChieu as we take it: nothing in it that a key, a log line or the signed text would read as structure. */
export const DialectReference = lazy(() => z.string().regex(/^[A-Za-z0-9._:/-]{1,64}$/));

/** Under this name an invoice's metadata holds which order of a portal it is. */
export const DIALECT_METADATA = 'dvcqg';

/** The portal's own name of an order and the time that it bears, `yyyyMMddHHmmss`. */
export type DialectOrderName = { reference: string; time: string };

export const dialectMetadata = ({ reference, time }: DialectOrderName) => ({
  [DIALECT_METADATA]: `${reference} ${time}`,
});

/** `undefined` where the metadata names no order of a portal. */
export function dialectOrderName(metadata: Readonly<Record<string, string>> | undefined): DialectOrderName | undefined {
  const [reference = '', time = '', ...more] = (metadata?.[DIALECT_METADATA] ?? '').split(' ');
  const formed = more.length === 0 && DialectReference.safeParse(reference).success && /^[0-9]{14}$/.test(time);
  return formed ? { reference, time } : undefined;
}

/** Type of a delivery that tells a portal by CONFIRM. It is no event of the webhooks: nobody can ask for it. */
export const DIALECT_CONFIRM = 'dialect.dvcqg.confirm';

/**
 * What a CONFIRM tells: that an order is paid, or `over` and will not be. Amount in dong; `paidAt` (of one that is over: when
 * it ended) in milliseconds. Transaction and bank are empty of one that is over.
 */
export const DialectConfirmation = lazy(() =>
  z.object({
    outcome: z.enum(['paid', 'over']).default('paid'),
    reference: DialectReference,
    amount: z.int().min(1),
    transactionId: z.string(),
    bank: z.string(),
    dossierCode: z.string(),
    paidAt: z.int(),
  }),
);
export type DialectConfirmation = z.infer<typeof DialectConfirmation>;
