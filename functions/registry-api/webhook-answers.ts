import * as api from '../../shared/api/registry.ts';
import type { WebhookEndpoint, WebhookOwner } from '../../shared/domain/notification/webhook.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import { answering } from '../../shared/runtime/http.ts';
import { originOf } from '../../shared/usecases/register.ts';
import {
  type RegisteredWebhook,
  readWebhook,
  registerWebhook,
  rotateWebhookSecret,
} from '../../shared/usecases/register-webhook.ts';
import { audited } from './audited.ts';
import { dependencies } from './dependencies.ts';

const present = ({ url, events, updatedAt }: WebhookEndpoint) => ({
  url,
  events: [...events],
  updatedAt: formatInstant(updatedAt),
});

const told = ({ endpoint, secret, replayed }: RegisteredWebhook) => ({
  status: 200,
  body: { ...present(endpoint), ...(secret && { secret }) },
  replayed,
});

/** An endpoint is its owner's own to say. */
const saying = (owner: WebhookOwner, caller: Caller, change: unknown, make: () => Promise<RegisteredWebhook>) =>
  audited({ kind: 'webhooks', id: owner }, caller, change, make, ({ endpoint }) => endpoint);

const agency = ({ code }: { code: string }): WebhookOwner => `agency:${code}`;
const client = ({ id }: { id: string }): WebhookOwner => `client:${id}`;

export const webhookAnswers = [
  answering(api.getAgencyWebhook, async ({ params, caller }) => ({
    status: 200,
    body: present(await readWebhook(agency(params), caller, dependencies)),
  })),
  answering(api.getClientWebhook, async ({ params, caller }) => ({
    status: 200,
    body: present(await readWebhook(client(params), caller, dependencies)),
  })),

  answering(api.putAgencyWebhook, async ({ params, body, caller, idempotencyKey }) => {
    const owner = agency(params);
    const origin = originOf(caller, idempotencyKey, owner, body);
    return told(
      await saying(owner, caller, body, () => registerWebhook({ owner, ...body }, caller, origin, dependencies)),
    );
  }),
  answering(api.putClientWebhook, async ({ params, body, caller, idempotencyKey }) => {
    const owner = client(params);
    const origin = originOf(caller, idempotencyKey, owner, body);
    return told(
      await saying(owner, caller, body, () => registerWebhook({ owner, ...body }, caller, origin, dependencies)),
    );
  }),

  answering(api.rotateAgencyWebhook, async ({ params, caller, idempotencyKey }) => {
    const owner = agency(params);
    const origin = originOf(caller, idempotencyKey, `${owner} rotate`, null);
    return told(
      await saying(owner, caller, { rotate: true }, () => rotateWebhookSecret(owner, caller, origin, dependencies)),
    );
  }),
  answering(api.rotateClientWebhook, async ({ params, caller, idempotencyKey }) => {
    const owner = client(params);
    const origin = originOf(caller, idempotencyKey, `${owner} rotate`, null);
    return told(
      await saying(owner, caller, { rotate: true }, () => rotateWebhookSecret(owner, caller, origin, dependencies)),
    );
  }),
];
