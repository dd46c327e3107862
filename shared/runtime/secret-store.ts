import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import { JsonSigner } from '../aws/json-signature.ts';
import { endpointOf, wholeAnswer } from '../aws/signed-request.ts';
import { lazy } from '../domain/lazy.ts';
import type { RotatedSecretReader } from '../domain/secrets.ts';
import type { Instant } from '../domain/time.ts';

/**
 * How long a secret of somebody else's is believed: one that was replaced or revoked counts nowhere after this. The bound
 * promised to operators is 60 s; the rest is for the call in hand. Milliseconds.
 */
const KEPT_MILLISECONDS = 50_000;
/** The service's own keys are replaced beside the older ones, never revoked: nobody waits for the newest. Milliseconds. */
const OWN_KEPT_MILLISECONDS = 5 * 60_000;
const OWN = 'keys/';

const Answer = lazy(() =>
  z.object({
    SecretString: z.string().optional(),
    VersionId: z.string().optional(),
    __type: z.string().optional(),
  }),
);

/** Secrets Manager keeps the value before the current one under this label. */
type Stage = 'AWSCURRENT' | 'AWSPREVIOUS';
/** What no name of a secret holds: it marks what is remembered of the value before. */
const BEFORE = '#before';

type Action = 'GetSecretValue' | 'DescribeSecret' | 'PutSecretValue' | 'CreateSecret';

/** Answers that are none of our failures. Exists: the name is taken, or the version's id by another value. */
const TOLD = ['ResourceNotFoundException', 'ResourceExistsException'] as const;
type Told = (typeof TOLD)[number];

/** The store answered, but not with a secret. Callers are told to come again: nothing works without its key. */
export class SecretStoreFailed extends Error {
  readonly $metadata: { httpStatusCode: number };
  constructor(action: Action, status: number, type = '') {
    super(`${action} answered ${status} ${type}`);
    this.name = 'SecretStoreFailed';
    this.$metadata = { httpStatusCode: Math.max(status, 500) };
  }
}

/**
 * Secrets Manager. Read once and again within a minute, the service's own keys after five; what does not exist is not remembered, so that a new secret
 * works at once. When the store cannot be reached the error is thrown: nothing is verified or signed without its key.
 */
export class SecretStore implements RotatedSecretReader {
  readonly #prefix: string;
  readonly #now: () => Instant;
  readonly #signer = new JsonSigner('secretsmanager', process.env);
  readonly #known = new Map<string, { value: string; until: Instant }>();

  constructor(prefix: string, now: () => Instant) {
    this.#prefix = prefix;
    this.#now = now;
  }

  read(name: string): Promise<string | undefined> {
    return this.#remembered(name, name, 'AWSCURRENT');
  }

  previous(name: string): Promise<string | undefined> {
    return this.#remembered(`${name}${BEFORE}`, name, 'AWSPREVIOUS');
  }

  async #remembered(key: string, name: string, stage: Stage): Promise<string | undefined> {
    const known = this.#known.get(key);
    if (known && known.until > this.#now()) return known.value;
    const value = (await this.#get(name, stage))?.value;
    const kept = name.startsWith(OWN) ? OWN_KEPT_MILLISECONDS : KEPT_MILLISECONDS;
    if (value !== undefined) this.#known.set(key, { value, until: this.#now() + kept });
    return value;
  }

  /** A secret that the service cannot work without. */
  async need(name: string): Promise<string> {
    const value = await this.read(name);
    if (value === undefined) throw new Error(`secret ${name} does not exist`);
    return value;
  }

  /** Whether there is such a secret, for those who may not read it. */
  async exists(name: string): Promise<boolean> {
    return (await this.#call('DescribeSecret', { SecretId: this.#prefix + name })) !== 'ResourceNotFoundException';
  }

  /**
   * Writes a new value, creating the secret if there is none. With the `call` that it comes from, the same value again
   * changes nothing, even where another has come since (as long as Secrets Manager keeps the version: a day at least).
   */
  async write(name: string, value: string, call: string = randomUUID()): Promise<void> {
    const put = () => this.#put(name, value, versionOf(name, call));
    let told = await put();
    // Another call may make it between the two.
    if (told === 'ResourceNotFoundException' && !(await this.create(name, value, call))) told = await put();
    if (told === 'ResourceExistsException') throw new SecretStoreFailed('PutSecretValue', 400, told);
  }

  /** Makes the secret; false if there is one already, unless the same call has made it with the same value. */
  async create(name: string, value: string, call: string): Promise<boolean> {
    const answer = await this.#call('CreateSecret', {
      Name: this.#prefix + name,
      SecretString: value,
      ClientRequestToken: versionOf(name, call),
    });
    this.#forget(name);
    return answer !== 'ResourceExistsException';
  }

  /** The value as it is now, never from memory, and its version. */
  async current(name: string): Promise<{ value: string; version: string } | undefined> {
    const { value, version } = (await this.#get(name)) ?? {};
    if (value === undefined) return undefined;
    if (version === undefined) throw new Error(`secret ${name} has no version`);
    return { value, version };
  }

  /**
   * Writes, unless somebody has since `version` was current (`undefined`: since there was none): then false. The id of the
   * next version follows from the one before, and Secrets Manager gives an id to one value only.
   */
  async replace(name: string, value: string, version: string | undefined): Promise<boolean> {
    if (version === undefined) return this.create(name, value, randomUUID());
    return (await this.#put(name, value, versionOf(name, `after ${version}`))) === undefined;
  }

  async #get(
    name: string,
    stage: Stage = 'AWSCURRENT',
  ): Promise<{ value: string; version: string | undefined } | undefined> {
    const asked = { SecretId: this.#prefix + name, ...(stage === 'AWSPREVIOUS' && { VersionStage: stage }) };
    const answer = await this.#call('GetSecretValue', asked);
    if (answer === 'ResourceNotFoundException') return undefined;
    if (answer === 'ResourceExistsException' || answer.SecretString === undefined)
      throw new Error(`secret ${name} holds no text`);
    return { value: answer.SecretString, version: answer.VersionId };
  }

  async #put(name: string, value: string, version: string): Promise<Told | undefined> {
    const answer = await this.#call('PutSecretValue', {
      SecretId: this.#prefix + name,
      SecretString: value,
      ClientRequestToken: version,
    });
    this.#forget(name);
    return typeof answer === 'string' ? answer : undefined;
  }

  #forget(name: string): void {
    this.#known.delete(name);
    this.#known.delete(`${name}${BEFORE}`);
  }

  async #call(action: Action, input: object): Promise<z.infer<typeof Answer> | Told> {
    const call = { url: endpointOf('secretsmanager', process.env), body: JSON.stringify(input) };
    const { status, body } = await wholeAnswer(
      { method: 'POST', ...call },
      this.#signer.headers({
        ...{ ...call, signedAt: new Date() },
        ...{ type: 'application/x-amz-json-1.1', target: `secretsmanager.${action}` },
      }),
    );
    // What stands before the service answers its outages, and not in JSON.
    const answer = status < 500 ? Answer.parse(JSON.parse(body.toString() || '{}')) : {};
    if (status === 200) return answer;
    const type = answer.__type?.split('#').at(-1);
    const told = TOLD.find((one) => one === type);
    if (told) return told;
    throw new SecretStoreFailed(action, status, type);
  }
}

/** Secrets Manager's client request token, which becomes the version's id: the same for the same call. */
function versionOf(name: string, call: string): string {
  const digits = createHash('sha256')
    .update(JSON.stringify([name, call]))
    .digest('hex');
  return digits.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
