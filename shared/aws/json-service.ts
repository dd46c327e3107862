import { AwsError } from './error.ts';
import { JsonSigner } from './json-signature.ts';
import { type Machine, Retries } from './retries.ts';
import { endpointOf, type Service, wholeAnswer } from './signed-request.ts';

/** A clock further off than this is corrected by the service's. */
const MAX_SKEW_MILLISECONDS = 5 * 60_000;

const SKEWED = new Set(['InvalidSignatureException', 'RequestExpired', 'RequestInTheFuture', 'RequestTimeTooSkewed']);

/** The AWS JSON protocol: version 1.0, which DynamoDB and SQS speak, or 1.1. */
export class JsonService {
  readonly endpoint: URL;
  readonly #prefix: string;
  readonly #signer: JsonSigner;
  readonly #retries: Retries;
  readonly #type: string;
  #skew = 0;
  #told = 0;

  /** `prefix`: what stands before an operation's name in `x-amz-target`. */
  constructor(
    service: Service,
    prefix: string,
    environment: NodeJS.ProcessEnv,
    machine?: Machine,
    version: '1.0' | '1.1' = '1.0',
  ) {
    this.#prefix = prefix;
    this.#signer = new JsonSigner(service, environment);
    this.#type = `application/x-amz-json-${version}`;
    this.#retries = new Retries(machine);
    this.endpoint = endpointOf(service, environment);
  }

  /**
   * Sends one operation and answers the text of its answer. Throws {@link AwsError} for what the service refuses, and the
   * network's error when it cannot be reached; what passes is sent again first, three times in all.
   */
  async call(operation: string, body: string, url: URL = this.endpoint): Promise<string> {
    return this.#retries.run(
      () => this.#send(operation, body, url),
      (error) => this.#isCorrected(error),
    );
  }

  /**
   * The service's clock by the latest of its answers, in milliseconds; to the second, and so never ahead of it. Undefined
   * before the first answer, and where answers bear no date.
   */
  get clock(): number | undefined {
    return this.#told === 0 ? undefined : this.#told;
  }

  async #send(operation: string, text: string, url: URL): Promise<string> {
    const signedAt = new Date(this.#retries.now() + this.#skew);
    const target = `${this.#prefix}.${operation}`;
    const signed = this.#signer.headers({ url, type: this.#type, target, body: text, signedAt });
    const { status, headers, body } = await wholeAnswer({ method: 'POST', url, body: text }, signed);
    this.#told = Math.max(this.#told, Date.parse(String(headers['date'])) || 0);
    const answer = body.toString();
    if (status === 200) return answer;
    throw AwsError.read(status, answer, String(headers['date'] ?? ''));
  }

  /** A signature refused for its time is signed again by the service's clock. */
  #isCorrected(error: unknown): boolean {
    if (!(error instanceof AwsError) || !SKEWED.has(error.name) || !error.serverTime) return false;
    const skew = error.serverTime - this.#retries.now();
    if (Math.abs(skew - this.#skew) < MAX_SKEW_MILLISECONDS) return false;
    this.#skew = skew;
    return true;
  }
}
