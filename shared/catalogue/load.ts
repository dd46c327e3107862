import * as z from 'zod';
import { ChoosingRule, choosingContradictions } from '../domain/fees/choosing.ts';
import { Condition, ConditionKey, conditionContradictions, withParts } from '../domain/fees/condition.ts';
import { overlap, shareWay } from '../domain/fees/in-force.ts';
import { contradictionsOf, Parameter, ParameterKey } from '../domain/fees/parameters.ts';
import { isProvince } from '../domain/fees/place.ts';
import { type FeeItem, Procedure, TariffRow } from '../domain/fees/procedure.ts';
import { isFor, parametersOfRelief, ReliefRule } from '../domain/fees/relief-rule.ts';
import { FeeItemId } from '../domain/fees/rule-terms.ts';
import { parametersOf, tariffContradictions } from '../domain/fees/tariff-kinds.ts';
import { readAgencyId } from '../domain/identity/agency-id.ts';
import { issueWords } from '../domain/issue-words.ts';
import { lazy } from '../domain/lazy.ts';
import { provinces } from './reference.ts';

/** A procedure as the files write it: sources and conditions by key; parameters and reliefs stand apart. */
const ProcedureData = lazy(() => Procedure.omit({ conditions: true, parameters: true, reliefs: true, choosing: true }));
type Data = z.infer<typeof ProcedureData>;

/** A row for a fee item of another file: a province's resolution adds its rows without touching the procedure. */
const AddedRow = lazy(() => z.strictObject({ feeItem: FeeItemId, row: TariffRow }));

/** What one file of a catalogue may hold: any part of the law. */
export const CatalogueFile = lazy(() =>
  z.strictObject({
    sources: z.record(z.string(), z.string().min(1).max(200)).default({}),
    conditions: z.record(ConditionKey, Condition).default({}),
    parameters: z.record(ParameterKey, Parameter).default({}),
    reliefs: z.array(ReliefRule).default([]),
    choosing: z.array(ChoosingRule).default([]),
    tariffs: z.array(AddedRow).default([]),
    procedures: z.array(ProcedureData).default([]),
  }),
);
type CatalogueFile = z.infer<typeof CatalogueFile>;

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

/** All files together: each key and id once. */
type Law = Omit<CatalogueFile, 'tariffs'>;

/**
 * Reads the files of a catalogue into procedures, in order of code, each with the conditions, parameters and reliefs that
 * are its. Throws {@link CatalogueInvalid}, which names every problem, for data that does not fit the schema (unknown kinds,
 * negative amounts, windows that end before they begin) or contradicts itself (ids used twice, base rows that overlap,
 * bands with gaps, unknown keys).
 */
export function loadCatalogue(termsFile: unknown, files: readonly unknown[]): Procedure[] {
  const parsed = [
    { ...parse(CatalogueFile, termsFile, 'terms'), name: 'terms' },
    ...files.map((file, index) => ({ ...parse(CatalogueFile, file, `file ${index + 1}`), name: `file ${index + 1}` })),
  ];
  const problems: string[] = [];
  const law = together(parsed, problems);
  const codes = new Set(law.procedures.map((procedure) => procedure.code));
  const items = new Set(law.procedures.flatMap((procedure) => procedure.items.map((item) => item.id)));
  problems.push(
    ...(law.procedures.length > MAX_PROCEDURES ? [`more than ${MAX_PROCEDURES} procedures`] : []),
    ...twice(law.procedures.map((procedure) => procedure.code)).map((code) => `procedure ${code} stands twice`),
    ...twice(law.procedures.flatMap((procedure) => procedure.items.map((item) => item.id))).map(
      (id) => `fee item ${id} stands twice`,
    ),
    ...twice(law.reliefs.map((relief) => relief.id)).map((id) => `relief ${id} stands twice`),
    ...conditionContradictions(law.conditions),
    ...choosingContradictions(law.choosing),
    ...Object.entries(law.parameters).flatMap(([key, parameter]) => contradictionsOf(key, parameter)),
    ...law.reliefs.flatMap((relief) => reliefContradictions(relief, law, codes, items)),
    ...law.procedures.flatMap((procedure) => contradictions(procedure, law)),
  );
  if (problems.length > 0) throw new CatalogueInvalid(problems);
  return law.procedures
    .map((procedure) => complete(procedure, law))
    .sort((one, other) => (one.code < other.code ? -1 : 1));
}

function parse<Schema extends z.ZodType>(schema: Schema, file: unknown, name: string): z.infer<Schema> {
  const parsed = schema.safeParse(file);
  if (parsed.success) return parsed.data;
  throw new CatalogueInvalid(
    parsed.error.issues.map((issue) => `${name}, ${issue.path.join('.')}: ${issueWords(issue)}`),
  );
}

/** Files into one; what a later file says again is a problem, and rows go to their fee items. */
function together(files: readonly (CatalogueFile & { name: string })[], problems: string[]): Law {
  const record = <Value>(
    part: 'sources' | 'conditions' | 'parameters',
    of: (file: CatalogueFile) => Record<string, Value>,
  ) => {
    const keys = files.flatMap((file) => Object.keys(of(file)));
    problems.push(...twice(keys).map((key) => `${part.slice(0, -1)} ${key} stands twice`));
    return Object.assign({}, ...files.map(of)) as Record<string, Value>;
  };
  const added = Map.groupBy(
    files.flatMap((file) => file.tariffs.map((tariff) => ({ ...tariff, file: file.name }))),
    ({ feeItem }) => feeItem,
  );
  const procedures = files
    .flatMap((file) => file.procedures)
    .map((procedure) => ({
      ...procedure,
      items: procedure.items.map((item) => {
        const rows = added.get(item.id)?.map(({ row }) => row) ?? [];
        return rows.length > 0 ? { ...item, tariffs: [...item.tariffs, ...rows] } : item;
      }),
    }));
  const known = new Set(procedures.flatMap((procedure) => procedure.items.map((item) => item.id)));
  for (const [feeItem, [first]] of added)
    if (!known.has(feeItem)) problems.push(`${first?.file} has a tariff for the unknown fee item ${feeItem}`);
  return {
    sources: record('sources', (file) => file.sources),
    conditions: record('conditions', (file) => file.conditions),
    parameters: record('parameters', (file) => file.parameters),
    reliefs: files.flatMap((file) => file.reliefs),
    choosing: files.flatMap((file) => file.choosing),
    procedures,
  };
}

/** A procedure with the parts of the law that are its own. */
function complete(procedure: Data, law: Law): Procedure {
  const reliefs = law.reliefs.filter((relief) => procedure.items.some((item) => isFor(relief, procedure.code, item)));
  const rules = [...procedure.items.flatMap((item) => item.tariffs), ...reliefs];
  const conditions = new Set<string>();
  for (const { condition } of rules) if (condition !== undefined) withParts(condition, law.conditions, conditions);
  const parameters = new Set([
    ...procedure.items.flatMap((item) => item.tariffs.flatMap((row) => parametersOf(row.tariff))),
    ...reliefs.flatMap(parametersOfRelief),
  ]);
  return {
    ...procedure,
    sources: procedure.sources.map((key) => law.sources[key] ?? key),
    conditions: pick(law.conditions, conditions),
    parameters: pick(law.parameters, parameters),
    reliefs,
    choosing: rules.some((rule) => !('role' in rule) || rule.role === 'reduction') ? law.choosing : [],
  };
}

/** In order of keys, so that the same law is the same text. */
const pick = <Value>(record: Record<string, Value>, keys: ReadonlySet<string>): Record<string, Value> =>
  Object.fromEntries(
    [...keys].sort().flatMap((key) => {
      const value = record[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );

function reliefContradictions(
  relief: ReliefRule,
  law: Law,
  codes: ReadonlySet<string>,
  items: ReadonlySet<string>,
): string[] {
  const { feeItems = [], procedures = [] } = relief.appliesTo;
  const problems = [
    ...feeItems.filter((id) => !items.has(id)).map((id) => `is for the unknown fee item ${id}`),
    ...procedures.filter((code) => !codes.has(code)).map((code) => `is for the unknown procedure ${code}`),
    ...unknown(relief.condition === undefined ? [] : [relief.condition], law.conditions, 'condition'),
    ...unknown(parametersOfRelief(relief), law.parameters, 'parameter'),
    ...unknownProvince(relief),
  ];
  return problems.map((problem) => `relief ${relief.id}: ${problem}`);
}

function contradictions(procedure: Data, law: Law): string[] {
  const { code, dvcCode, items, choices, notPriceable } = procedure;
  const ids = items.map((item) => item.id);
  const offered = choices.flatMap((choice) => choice.of);
  const rows = items.flatMap((item) => item.tariffs);
  const problems = [
    ...(dvcCode.startsWith(`${code}.`) ? [] : [`${dvcCode} is no service of the procedure`]),
    ...(items.length === 0 && !notPriceable ? ['has no fee items and does not say why'] : []),
    ...ids.filter((id) => !id.startsWith(`${code}-`)).map((id) => `${id} belongs to another procedure`),
    ...offered.filter((id) => !ids.includes(id)).map((id) => `offers the choice of ${id}, which it does not have`),
    ...twice(offered).map((id) => `offers ${id} in two choices`),
    ...unknown(procedure.sources, law.sources, 'source'),
    ...unknown(
      rows.flatMap((row) => row.condition ?? []),
      law.conditions,
      'condition',
    ),
    ...unknown(
      rows.flatMap((row) => parametersOf(row.tariff)),
      law.parameters,
      'parameter',
    ),
    ...items.filter((item) => item.tariffs.length === 0).map((item) => `${item.id} has no tariff`),
    ...items.flatMap((item) =>
      item.tariffs.flatMap((row) => tariffContradictions(row.tariff).map((problem) => `${item.id}: ${problem}`)),
    ),
    ...items.flatMap(overlaps),
    ...items.flatMap(({ id, tariffs }) => tariffs.flatMap(unknownProvince).map((problem) => `${id}: ${problem}`)),
  ];
  return problems.map((problem) => `procedure ${code}: ${problem}`);
}

const unknown = (keys: readonly string[], known: object, what: string): string[] =>
  keys.filter((key) => !Object.hasOwn(known, key)).map((key) => `unknown ${what} ${key}`);

/** A rule of a province that there is not on any day of its window. Agencies below it are asked for at the registry. */
function unknownProvince({ place, ...window }: Pick<TariffRow, 'place' | 'effectiveFrom' | 'effectiveTo'>): string[] {
  if (place === undefined) return [];
  const reading = readAgencyId(place);
  const levelOne = reading.ok ? reading.value.levelOne : undefined;
  if (levelOne === undefined || !isProvince(levelOne)) return [];
  const known = provinces().filter(({ agencyCode }) => agencyCode === levelOne);
  const then = known.filter(({ effectiveFrom, effectiveTo = null }) => overlap(window, { effectiveFrom, effectiveTo }));
  if (then.length > 0) return [];
  return [known.length > 0 ? `${levelOne} (${known[0]?.name}) was no province then` : `unknown province ${levelOne}`];
}

/** Pairs of base rows for the same place and persons that would both be charged on some day for some way of handing in. */
function overlaps(item: FeeItem): string[] {
  const base = item.tariffs.filter((row) => row.role === 'base');
  return base.flatMap((row, index) =>
    base
      .slice(index + 1)
      .filter((other) => row.place === other.place && row.condition === other.condition)
      .filter((other) => shareWay(row.channel, other.channel) && overlap(row, other))
      .map((other) => `base rows of ${item.id} overlap: ${windowOf(row)} and ${windowOf(other)}`),
  );
}

const windowOf = ({ channel, place, effectiveFrom, effectiveTo }: TariffRow): string =>
  `${[channel, place].filter(Boolean).join(' ')} ${effectiveFrom ?? '…'}–${effectiveTo ?? '…'}`;

function twice(ids: readonly string[]): string[] {
  const seen = new Set<string>();
  const found = new Set<string>();
  for (const id of ids) (seen.has(id) ? found : seen).add(id);
  return [...found];
}
