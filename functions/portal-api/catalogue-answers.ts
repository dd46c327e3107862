import { money } from '../../shared/api/common.ts';
import { createQuote, getProcedure, listProcedures, listProviders, verifyQuote } from '../../shared/api/portal.ts';
import { summaryOf } from '../../shared/catalogue/find.ts';
import { asOf } from '../../shared/domain/fees/in-force.ts';
import { notFound } from '../../shared/domain/refusal.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import { answering } from '../../shared/runtime/http.ts';
import * as listing from '../../shared/usecases/list-providers.ts';
import * as quotes from '../../shared/usecases/quote.ts';
import { dependencies, keys } from './dependencies.ts';

const { laws, now } = dependencies;

/** A cursor of a list: where it goes on, and the instant whose law it began with. */
const placeOf = (start: number, at: Instant): string => `${start}@${at}`;
const readPlace = (text: string): number[] => text.split('@').map(Number);

export const catalogueAnswers = [
  answering(listProcedures, async ({ query: { search, at, cursor, limit }, caller }) => {
    const codec = await keys.cursors();
    const boundTo = `procedures ${caller.clientId} ${JSON.stringify([search, at])}`;
    const [from = 0, begun = at === undefined ? now() : Date.parse(at)] =
      cursor === undefined ? [] : readPlace(codec.decode(cursor, boundTo));
    const law = await laws.at(begun);
    const { data, more } = await law.find({ search, from, limit });
    return {
      status: 200,
      body: {
        data,
        nextCursor: more ? codec.encode(placeOf(from + limit, begun), boundTo) : null,
        catalogueVersion: law.version,
      },
    };
  }),

  answering(getProcedure, async ({ params, query: { at } }) => {
    const instant = at === undefined ? undefined : Date.parse(at);
    const law = await laws.at(instant ?? now());
    const found = await law.procedure(params.code);
    if (!found) throw notFound();
    const procedure = instant === undefined ? found : asOf(found, instant);
    return { status: 200, body: { ...procedure, ...summaryOf(procedure), catalogueVersion: law.version } };
  }),

  answering(createQuote, async ({ body, caller }) => {
    const [law, quoteKey] = await Promise.all([laws.at(now()), keys.quote()]);
    const procedure = await law.procedure(body.procedureCode);
    const { quote, expiresAt, priced, hash } = await quotes.createQuote(
      { ...body, submittedAt: Date.parse(body.submittedAt) },
      caller,
      { ...dependencies, procedure: () => procedure, catalogueVersion: law.version, quoteKey },
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
    const [law, quoteKey] = await Promise.all([laws.at(now()), keys.quote()]);
    const { procedureCode, catalogueVersion } = quotes.openQuote(body.quote, quoteKey);
    const own = catalogueVersion === undefined ? undefined : await laws.numbered(catalogueVersion);
    const [procedure, asQuoted] = await Promise.all([law.procedure(procedureCode), own?.procedure(procedureCode)]);
    const verified = quotes.verifyQuote(body.quote, caller, {
      ...dependencies,
      procedure: () => procedure,
      procedureAsQuoted: () => asQuoted,
      quoteKey,
    });
    return { status: 200, body: { ...verified, catalogueVersion: law.version } };
  }),

  answering(listProviders, async ({ query: { agencyCode }, caller }) => {
    const listed = await listing.listProviders(agencyCode, caller, dependencies);
    return {
      status: 200,
      body: {
        data: listed.map(({ provider: { manifest }, availability, outage }) => ({
          providerId: manifest.id,
          name: manifest.name,
          kinds: [...manifest.kinds],
          currencies: [...manifest.currencies],
          limits: manifest.limits,
          available: availability === 'available',
          availability,
          ...(outage && {
            outage: { from: formatInstant(outage.from), until: formatInstant(outage.until), words: outage.words },
          }),
        })),
      },
    };
  }),
];
