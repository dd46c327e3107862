/** The template asks for something that this machine does not provide. Names each place: stack, logical id, what. */
export class UnsupportedTemplate extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the template cannot run on one machine:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'UnsupportedTemplate';
    this.problems = problems;
  }
}

/** Somebody listens on the port already. */
export class PortTaken extends Error {
  constructor(port: number) {
    super(`port ${port} of 127.0.0.1 is taken; end what listens there, or choose another: PORT=4001 npm start`);
    this.name = 'PortTaken';
  }
}

/** Another stack runs on the same data directory. */
export class DataDirectoryInUse extends Error {
  constructor(directory: string, pid: number) {
    super(`${directory} is in use by process ${pid}; stop that stack first`);
    this.name = 'DataDirectoryInUse';
  }
}

/** There is nothing on this machine that can hold the tables. */
export class NoTableEngine extends Error {
  constructor(platform: string) {
    super(
      [
        `no engine for the tables on ${platform}. One of these is needed:`,
        `  npm install --no-save @dynoxide/${platform}     (the same engine, as a binary for this platform)`,
        '  a program named dynoxide on the PATH             (https://github.com/nubo-db/dynoxide)',
        '  THUPHI_DYNAMODB_ENDPOINT=http://127.0.0.1:8000   (any endpoint that speaks DynamoDB with streams)',
      ].join('\n'),
    );
    this.name = 'NoTableEngine';
  }
}

/** The name that was asked for is not in the template, or more than one resource answers to it. */
export class UnknownName extends Error {
  constructor(kind: string, name: string, candidates: readonly string[]) {
    super(`no single ${kind} named ${name}; there are: ${candidates.join(', ')}`);
    this.name = 'UnknownName';
  }
}

/** The text of whatever was thrown. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
