import * as api from '../../shared/api/registry.ts';
import type { WebhookEndpoint, WebhookOwner } from '../../shared/domain/notification/webhook.ts';
import type { Caller } from '../../shared/domain/registry/caller.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import { answering } from '../../shared/runtime/http.ts';
import { originOf } from '../../shared/usecases/register.ts';
import { readWebhook, registerWebhook, rotateWebhookSecret } from '../../shared/usecases/register-webhook.ts';
import { changing, dependencies } from './dependencies.ts';

const present = ({ url, events, updatedAt }: WebhookEndpoint) => ({
  url,
  events: [...events],
  updatedAt: formatInstant(updatedAt),
});

type Told = { endpoint: WebhookEndpoint; secret?: string; replayed: boolean };

const told = ({ endpoint, secret, replayed }: Told) => ({
  status: 200,
  body: { ...present(endpoint), ...(secret && { secret }) },
  replayed,
});

/** A webhook is its owner's own to say, so one person does; the log has a word before and after. */
async function audited(owner: WebhookOwner, caller: Caller, change: unknown, tell: () => Promise<Told>) {
  const act = {
    ...{ subject: { kind: 'webhooks' as const, id: owner }, by: caller.subject, clientId: caller.clientId },
    change,
  };
  await changing.audit.append({ ...act, act: 'asked', at: changing.now() });
  const done = await tell();
  await changing.audit.append({ ...act, act: 'applied', at: changing.now() });
  return told(done);
}

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
    return audited(owner, caller, body, () => registerWebhook({ owner, ...body }, caller, origin, dependencies));
  }),
  answering(api.putClientWebhook, async ({ params, body, caller, idempotencyKey }) => {
    const owner = client(params);
    const origin = originOf(caller, idempotencyKey, owner, body);
    return audited(owner, caller, body, () => registerWebhook({ owner, ...body }, caller, origin, dependencies));
  }),

  answering(api.rotateAgencyWebhook, async ({ params, caller, idempotencyKey }) => {
    const owner = agency(params);
    const origin = originOf(caller, idempotencyKey, `${owner} rotate`, null);
    return audited(owner, caller, { rotate: true }, () => rotateWebhookSecret(owner, caller, origin, dependencies));
  }),
  answering(api.rotateClientWebhook, async ({ params, caller, idempotencyKey }) => {
    const owner = client(params);
    const origin = originOf(caller, idempotencyKey, `${owner} rotate`, null);
    return audited(owner, caller, { rotate: true }, () => rotateWebhookSecret(owner, caller, origin, dependencies));
  }),
];
