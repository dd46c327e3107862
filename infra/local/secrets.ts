import { randomInt, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import * as z from 'zod';
import { listen } from './addresses.ts';
import type { DataDirectory } from './data-directory.ts';
import type { Declared } from './system.ts';

/** Where the secrets of this machine are; readable by the owner only. */
const FILE = 'secrets.json';
/** Secrets Manager takes 64 KiB. */
const LARGEST_REQUEST_BYTES = 131_072;

const Version = z.strictObject({
  id: z.string(),
  value: z.string(),
  stages: z.array(z.string()),
  createdAt: z.number(),
});
type Version = z.infer<typeof Version>;
const Stored = z.record(z.string(), z.strictObject({ arn: z.string(), versions: z.array(Version) }));
type Stored = z.infer<typeof Stored>;

const Request = z.looseObject({
  SecretId: z.string().optional(),
  Name: z.string().optional(),
  SecretString: z.string().optional(),
  ClientRequestToken: z.string().optional(),
  VersionStage: z.string().optional(),
  VersionId: z.string().optional(),
});
type Request = z.infer<typeof Request>;

class Refused extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

export type Secrets = {
  /** Makes the secrets of the template that are not there yet, with random values. */
  create(secrets: readonly Declared<'AWS::SecretsManager::Secret'>[]): void;
  stop(): Promise<void>;
};

/** Answers the part of Secrets Manager's JSON protocol that functions use, from one file in the data directory. */
export async function startSecrets(
  port: number,
  region: string,
  account: string,
  data: DataDirectory,
): Promise<Secrets> {
  const stored: Stored = Stored.parse(JSON.parse(data.read(FILE) ?? '{}'));
  const save = () => data.write(FILE, JSON.stringify(stored, null, 2));
  const arnOf = (name: string) => `arn:aws:secretsmanager:${region}:${account}:secret:${name}-LocalX`;

  function find(id: string | undefined) {
    const entry = Object.entries(stored).find(([name, { arn }]) => id === name || id === arn);
    if (!entry) throw new Refused('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return { name: entry[0], arn: entry[1].arn, versions: entry[1].versions };
  }

  function put(name: string, value: string, id: string): Version {
    const secret = stored[name] ?? { arn: arnOf(name), versions: [] };
    const same = secret.versions.find((version) => version.id === id);
    if (same) {
      if (same.value === value) return same; // A retry.
      throw new Refused('ResourceExistsException', 'A version with that token has another value.');
    }
    const version = { id, value, stages: ['AWSCURRENT'], createdAt: Date.now() };
    // The version before stays readable as AWSPREVIOUS; older ones have no stage and go.
    const previous = secret.versions
      .filter(({ stages }) => stages.includes('AWSCURRENT'))
      .map((current) => ({ ...current, stages: ['AWSPREVIOUS'] }));
    stored[name] = { ...secret, versions: [version, ...previous] };
    save();
    return version;
  }

  function answer(operation: string, request: Request): object {
    switch (operation) {
      case 'GetSecretValue': {
        const { name, arn, versions } = find(request.SecretId);
        const stage = request.VersionStage ?? (request.VersionId ? undefined : 'AWSCURRENT');
        const version = versions.find(
          (one) =>
            (stage === undefined || one.stages.includes(stage)) &&
            (request.VersionId === undefined || one.id === request.VersionId),
        );
        if (!version)
          throw new Refused('ResourceNotFoundException', `Secrets Manager can't find the version ${stage}.`);
        return {
          ARN: arn,
          Name: name,
          VersionId: version.id,
          SecretString: version.value,
          VersionStages: version.stages,
          CreatedDate: version.createdAt / 1_000,
        };
      }
      case 'PutSecretValue': {
        const { name, arn } = find(request.SecretId);
        const version = put(name, request.SecretString ?? '', request.ClientRequestToken ?? randomUUID());
        return { ARN: arn, Name: name, VersionId: version.id, VersionStages: version.stages };
      }
      case 'CreateSecret': {
        const name = request.Name ?? '';
        if (name === '') throw new Refused('InvalidParameterException', 'Name is missing.');
        const id = request.ClientRequestToken ?? randomUUID();
        const there = stored[name];
        if (there && !there.versions.some((one) => one.id === id && one.value === request.SecretString)) {
          throw new Refused('ResourceExistsException', `The secret ${name} already exists.`);
        }
        const version = put(name, request.SecretString ?? '', id);
        return { ARN: arnOf(name), Name: name, VersionId: version.id };
      }
      case 'DescribeSecret': {
        const { name, arn, versions } = find(request.SecretId);
        const stages = Object.fromEntries(versions.map((one) => [one.id, one.stages]));
        return { ARN: arn, Name: name, VersionIdsToStages: stages };
      }
      default:
        throw new Refused('InvalidRequestException', `${operation} is not provided here.`);
    }
  }

  const server = createServer((request, response) => {
    void readText(request)
      .then((body) => {
        const operation = String(request.headers['x-amz-target'] ?? '').replace('secretsmanager.', '');
        const parsed = Request.safeParse(JSON.parse(body || '{}'));
        if (!parsed.success) throw new Refused('InvalidParameterException', z.prettifyError(parsed.error));
        return { status: 200, body: answer(operation, parsed.data) };
      })
      .catch((error: unknown) => {
        if (error instanceof Refused) return { status: 400, body: { __type: error.type, message: error.message } };
        return { status: 400, body: { __type: 'InvalidRequestException', message: String(error) } };
      })
      .then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() });
        response.end(JSON.stringify(body));
      });
  });
  await listen(server, port);
  return {
    create(secrets) {
      for (const { name, properties } of secrets) {
        if (stored[name]) continue;
        put(name, properties.SecretString ?? generate(properties.GenerateSecretString), randomUUID());
      }
    },
    stop: () => closeServer(server),
  };
}

/** A request's body as text. Throws when it is larger than AWS takes. */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > LARGEST_REQUEST_BYTES) throw new Refused('InvalidParameterException', 'The request is too large.');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Ends a server at once, idle and busy connections alike. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done());
    server.closeAllConnections();
  });
}

type Recipe = NonNullable<Declared<'AWS::SecretsManager::Secret'>['properties']['GenerateSecretString']>;
const LOWERCASE = 'abcdefghijklmnopqrstuvwxyz';
const UPPERCASE = LOWERCASE.toUpperCase();
const DIGITS = '0123456789';
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const DEFAULT_LENGTH = 32;

/** A random value by the recipe of the template, with at least one character of each kind where that is asked. */
export function generate(recipe: Recipe | undefined): string {
  const kinds = [
    recipe?.ExcludeLowercase ? '' : LOWERCASE,
    recipe?.ExcludeUppercase ? '' : UPPERCASE,
    recipe?.ExcludeNumbers ? '' : DIGITS,
    recipe?.ExcludePunctuation ? '' : PUNCTUATION,
    recipe?.IncludeSpace ? ' ' : '',
  ]
    .map((kind) => [...kind].filter((character) => !recipe?.ExcludeCharacters.includes(character)).join(''))
    .filter((kind) => kind !== '');
  const pick = (from: string) => from.charAt(randomInt(from.length));
  const length = recipe?.PasswordLength ?? DEFAULT_LENGTH;
  const characters = Array.from({ length }, (_, at) => {
    const required = (recipe?.RequireEachIncludedType ?? true) ? kinds[at] : undefined;
    return pick(required ?? kinds.join(''));
  });
  for (let at = characters.length - 1; at > 0; at -= 1) {
    const other = randomInt(at + 1);
    [characters[at], characters[other]] = [characters[other] ?? '', characters[at] ?? ''];
  }
  const password = characters.join('');
  if (!recipe?.GenerateStringKey) return password;
  const rest = z.record(z.string(), z.unknown()).parse(JSON.parse(recipe.SecretStringTemplate ?? '{}'));
  return JSON.stringify({ ...rest, [recipe.GenerateStringKey]: password });
}
