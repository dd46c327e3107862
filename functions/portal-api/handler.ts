import { portalApi } from '../../shared/api/portal.ts';
import { callerOf } from '../../shared/runtime/callers.ts';
import { httpFunction } from '../../shared/runtime/http.ts';
import { catalogueAnswers } from './catalogue-answers.ts';
import { dependencies } from './dependencies.ts';
import { invoiceAnswers } from './invoice-answers.ts';
import { paymentAnswers } from './payment-answers.ts';

/** What portals call. The contract says which calls there are; a call without an answer does not start. */
const routes = [...catalogueAnswers, ...invoiceAnswers, ...paymentAnswers];
for (const endpoint of portalApi)
  if (!routes.some((route) => route.endpoint === endpoint))
    throw new Error(`no answer to ${endpoint.method} ${endpoint.path}`);

export const handler = httpFunction(routes, (claims) => callerOf(claims, dependencies.registry));
