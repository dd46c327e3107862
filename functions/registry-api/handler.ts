import { auditApi } from '../../shared/api/audit.ts';
import * as api from '../../shared/api/registry.ts';
import { callerOf, operatorOf } from '../../shared/runtime/callers.ts';
import { httpFunction } from '../../shared/runtime/http.ts';
import { auditAnswers } from './audit-answers.ts';
import { dependencies } from './dependencies.ts';
import { providerAnswers } from './provider-answers.ts';
import { recordAnswers } from './record-answers.ts';
import { webhookAnswers } from './webhook-answers.ts';

/** Who takes part and where money goes. The contract says which calls there are; a call without an answer does not start. */
const routes = [...recordAnswers, ...providerAnswers, ...webhookAnswers, ...auditAnswers];
for (const endpoint of [...api.registryApi, ...auditApi])
  if (!routes.some((route) => route.endpoint === endpoint))
    throw new Error(`no answer to ${endpoint.method} ${endpoint.path}`);

export const handler = httpFunction(routes, async (claims, endpoint) =>
  endpoint.scope === 'operations:write'
    ? operatorOf(claims, dependencies.registry)
    : callerOf(claims, dependencies.registry),
);
