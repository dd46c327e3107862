import { money } from '../../shared/api/common.ts';
import { createQuote, getProcedure, listProcedures, listProviders, verifyQuote } from '../../shared/api/portal.ts';
import type { Procedure } from '../../shared/domain/fees/procedure.ts';
import { notFound } from '../../shared/domain/refusal.ts';
import { formatInstant } from '../../shared/domain/time.ts';
import { answering } from '../../shared/runtime/http.ts';
import * as quotes from '../../shared/usecases/quote.ts';
import { dependencies, keys } from './dependencies.ts';

const { lawAt, now } = dependencies;

const summary = ({ code, name, levels, notPriceable }: Procedure) => ({
  code,
  name,
  levels,
  priceable: notPriceable === undefined,
});

export const catalogueAnswers = [
  answering(listProcedures, async ({ query: { search, at, cursor, limit }, caller }) => {
    const codec = await keys.cursors();
    const boundTo = `procedures ${caller.clientId} ${JSON.stringify([search, at])}`;
    const start = cursor === undefined ? 0 : Number(codec.decode(cursor, boundTo));
    const law = await lawAt(now());
    const found = await law.find({ search, at: at === undefined ? undefined : Date.parse(at) });
    const end = start + limit;
    return {
      status: 200,
      body: {
        data: found.slice(start, end).map(summary),
        nextCursor: end < found.length ? codec.encode(String(end), boundTo) : null,
      },
    };
  }),

  answering(getProcedure, async ({ params }) => {
    const procedure = await (await lawAt(now())).procedure(params.code);
    if (!procedure) throw notFound();
    return { status: 200, body: { ...procedure, ...summary(procedure) } };
  }),

  answering(createQuote, async ({ body, caller }) => {
    const [law, quoteKey] = await Promise.all([lawAt(now()), keys.quote()]);
    const procedure = await law.procedure(body.procedureCode);
    const { quote, expiresAt, priced, hash } = await quotes.createQuote(
      { ...body, submittedAt: Date.parse(body.submittedAt) },
      caller,
      { ...dependencies, procedure: () => procedure, quoteKey },
    );
    const { lines, reliefs, unverified, total } = priced;
    return {
      status: 201,
      body: {
        quote,
        expiresAt: formatInstant(expiresAt),
        total: money(total),
        lines,
        reliefs,
        unverified,
        hash,
        catalogueVersion: law.version,
      },
    };
  }),

  answering(verifyQuote, async ({ body, caller }) => {
    const [law, quoteKey] = await Promise.all([lawAt(now()), keys.quote()]);
    const procedure = await law.procedure(quotes.openQuote(body.quote, quoteKey).procedureCode);
    return {
      status: 200,
      body: quotes.verifyQuote(body.quote, caller, { ...dependencies, procedure: () => procedure, quoteKey }),
    };
  }),

  answering(listProviders, async () => ({
    status: 200,
    body: {
      data: [...dependencies.providers.values()].map(({ manifest }) => ({
        providerId: manifest.id,
        name: manifest.name,
        kinds: [...manifest.kinds],
        currencies: [...manifest.currencies],
        limits: manifest.limits,
        available: true,
      })),
    },
  })),
];
