import * as z from 'zod';
import { overlap, shareWay } from '../domain/fees/in-force.ts';
import { ConditionKey, type FeeItem, Procedure, type TariffRow } from '../domain/fees/procedure.ts';
import { Label, type Words } from '../domain/fees/words.ts';

/** Words that several procedures share: where the data come from, and what the conditions of rows mean. */
const Terms = z.strictObject({
  sources: z.record(z.string(), z.string().min(1).max(200)),
  conditions: z.record(ConditionKey, Label),
});
type Terms = z.infer<typeof Terms>;

/** A procedure as the files write it: sources and conditions by key. */
const ProcedureData = Procedure.omit({ conditions: true });
const CatalogueFile = z.strictObject({ procedures: z.array(ProcedureData) });

/** Most procedures of a catalogue: it is searched from end to end. */
const MAX_PROCEDURES = 10_000;

/** Raised at load. A catalogue that contradicts itself prices nothing. */
export class CatalogueInvalid extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`the catalogue is not valid:\n${problems.join('\n')}`);
    this.name = 'CatalogueInvalid';
    this.problems = problems;
  }
}

/**
 * Reads the files of a catalogue into procedures, by code. Throws {@link CatalogueInvalid}, which names every problem, for
 * data that does not fit the schema (unknown kinds, negative amounts, windows that end before they begin) or contradicts
 * itself (ids used twice, base rows that overlap, unknown keys).
 */
export function loadCatalogue(termsFile: unknown, files: readonly unknown[]): Procedure[] {
  const terms = parse(Terms, termsFile, 'terms');
  const data = files.flatMap((file, index) => parse(CatalogueFile, file, `file ${index + 1}`).procedures);

  const problems = [
    ...(data.length > MAX_PROCEDURES ? [`more than ${MAX_PROCEDURES} procedures`] : []),
    ...twice(data.map((procedure) => procedure.code)).map((code) => `procedure ${code} stands twice`),
    ...twice(data.flatMap((procedure) => procedure.items.map((item) => item.id))).map(
      (id) => `fee item ${id} stands twice`,
    ),
    ...data.flatMap((procedure) => contradictions(procedure, terms)),
  ];
  if (problems.length > 0) throw new CatalogueInvalid(problems);

  return data
    .map((procedure) => ({
      ...procedure,
      sources: procedure.sources.map((key) => terms.sources[key] ?? key),
      conditions: conditionsOf(procedure, terms),
    }))
    .sort((one, other) => (one.code < other.code ? -1 : 1));
}

function parse<Schema extends z.ZodType>(schema: Schema, file: unknown, name: string): z.infer<Schema> {
  const parsed = schema.safeParse(file);
  if (parsed.success) return parsed.data;
  throw new CatalogueInvalid(parsed.error.issues.map(({ path, message }) => `${name}, ${path.join('.')}: ${message}`));
}

type Data = z.infer<typeof ProcedureData>;

const conditionKeys = (procedure: Data): string[] =>
  procedure.items.flatMap((item) => item.tariffs.flatMap((row) => row.condition ?? []));

function conditionsOf(procedure: Data, { conditions }: Terms): Record<string, Words> {
  const keys = new Set(conditionKeys(procedure));
  return Object.fromEntries(Object.entries(conditions).filter(([key]) => keys.has(key)));
}

function contradictions(procedure: Data, terms: Terms): string[] {
  const { code, dvcCode, items, choices, notPriceable } = procedure;
  const ids = items.map((item) => item.id);
  const offered = choices.flatMap((choice) => choice.of);
  const problems = [
    ...(dvcCode.startsWith(`${code}.`) ? [] : [`${dvcCode} is no service of the procedure`]),
    ...(items.length === 0 && !notPriceable ? ['has no fee items and does not say why'] : []),
    ...ids.filter((id) => !id.startsWith(`${code}-`)).map((id) => `${id} belongs to another procedure`),
    ...offered.filter((id) => !ids.includes(id)).map((id) => `offers the choice of ${id}, which it does not have`),
    ...twice(offered).map((id) => `offers ${id} in two choices`),
    ...procedure.sources.filter((key) => !Object.hasOwn(terms.sources, key)).map((key) => `unknown source ${key}`),
    ...conditionKeys(procedure)
      .filter((key) => !Object.hasOwn(terms.conditions, key))
      .map((key) => `unknown condition ${key}`),
    ...items.filter((item) => item.tariffs.length === 0).map((item) => `${item.id} has no tariff`),
    ...items.flatMap(overlaps),
  ];
  return problems.map((problem) => `procedure ${code}: ${problem}`);
}

/** Pairs of base rows for everybody that would both be charged on some day for some way of handing in. */
function overlaps(item: FeeItem): string[] {
  const base = item.tariffs.filter((row) => row.role === 'base' && row.condition === undefined);
  return base.flatMap((row, index) =>
    base
      .slice(index + 1)
      .filter((other) => shareWay(row.channel, other.channel) && overlap(row, other))
      .map((other) => `base rows of ${item.id} overlap: ${windowOf(row)} and ${windowOf(other)}`),
  );
}

const windowOf = ({ channel, effectiveFrom, effectiveTo }: TariffRow): string =>
  `${channel} ${effectiveFrom ?? '…'}–${effectiveTo ?? '…'}`;

function twice(ids: readonly string[]): string[] {
  const seen = new Set<string>();
  const found = new Set<string>();
  for (const id of ids) (seen.has(id) ? found : seen).add(id);
  return [...found];
}
