import type { Stack } from './assembly.ts';

/** The account that local names and ARNs carry. */
export const LOCAL_ACCOUNT = '000000000000';
export const PARTITION = 'aws';
export const URL_SUFFIX = 'amazonaws.com';

/** What a template reads of a resource: `Ref` and `Fn::GetAtt`. */
export type Identity = { ref: string; attributes: Readonly<Record<string, string>> };

export type World = {
  stacks: readonly Stack[];
  region: string;
  /** Values of template parameters; one that is read and has neither a value nor a default is a problem. */
  parameters: Readonly<Record<string, string>>;
  identify(stack: Stack, logicalId: string, resolver: Resolver): Identity | undefined;
};

/** `AWS::NoValue`: the property that holds it is left out. */
const absent = Symbol('AWS::NoValue');

/**
 * Replaces the intrinsic functions of a template by their values. Everything that it can't replace becomes a problem that
 * names stack, logical id and what it is; nothing is skipped.
 */
export class Resolver {
  readonly problems: string[] = [];
  readonly #world: World;
  readonly #identities = new Map<string, Identity | undefined>();

  constructor(world: World) {
    this.#world = world;
  }

  /** The value without intrinsics, for the resource or output that `where` names; undefined for `AWS::NoValue`. */
  resolve(stack: Stack, where: string, value: unknown): unknown {
    const resolved = this.#value(stack, where, value);
    return resolved === absent ? undefined : resolved;
  }

  /** Whether a resource, or a branch of `Fn::If`, is wanted. */
  condition(stack: Stack, where: string, name: string): boolean {
    const definition = stack.template.Conditions[name];
    if (definition === undefined) return this.#problem(stack, where, `condition ${name} is not defined`) ?? false;
    return this.#test(stack, where, definition);
  }

  #problem(stack: Stack, where: string, what: string): undefined {
    const problem = `${stack.name}/${where}: ${what}`;
    if (!this.problems.includes(problem)) this.problems.push(problem);
    return undefined;
  }

  #value(stack: Stack, where: string, value: unknown): unknown {
    if (Array.isArray(value)) {
      return value.map((item) => this.#value(stack, where, item)).filter((item) => item !== absent);
    }
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [only] = entries;
    if (entries.length === 1 && only && (only[0] === 'Ref' || only[0].startsWith('Fn::'))) {
      return this.#intrinsic(stack, where, only[0], only[1]);
    }
    const resolved = entries.map(([key, item]) => [key, this.#value(stack, where, item)] as const);
    return Object.fromEntries(resolved.filter(([, item]) => item !== absent));
  }

  #text(stack: Stack, where: string, value: unknown): string {
    const resolved = this.#value(stack, where, value);
    if (typeof resolved === 'string') return resolved;
    if (typeof resolved === 'number' || typeof resolved === 'boolean') return String(resolved);
    // An undefined value has a problem of its own already.
    if (resolved !== undefined) this.#problem(stack, where, `${JSON.stringify(value)} is no text`);
    return '';
  }

  #list(stack: Stack, where: string, value: unknown): unknown[] {
    const resolved = this.#value(stack, where, value);
    return Array.isArray(resolved)
      ? resolved
      : (this.#problem(stack, where, `${JSON.stringify(value)} is no list`) ?? []);
  }

  #intrinsic(stack: Stack, where: string, name: string, argument: unknown): unknown {
    const list = Array.isArray(argument) ? argument : [];
    switch (name) {
      case 'Ref':
        return this.#reference(stack, where, String(argument));
      case 'Fn::GetAtt': {
        const [logicalId, attribute] = typeof argument === 'string' ? splitOnce(argument, '.') : list.map(String);
        return this.#attribute(stack, where, logicalId ?? '', attribute ?? '');
      }
      case 'Fn::Join':
        return this.#list(stack, where, list[1])
          .map((part) => this.#text(stack, where, part))
          .join(this.#text(stack, where, list[0]));
      case 'Fn::Sub':
        return this.#substitute(stack, where, argument);
      case 'Fn::Select': {
        const chosen = this.#list(stack, where, list[1])[Number(this.#text(stack, where, list[0]))];
        return chosen ?? this.#problem(stack, where, 'Fn::Select chooses beyond its list');
      }
      case 'Fn::Split':
        return this.#text(stack, where, list[1]).split(this.#text(stack, where, list[0]));
      case 'Fn::ImportValue':
        return this.#import(stack, where, this.#text(stack, where, argument));
      case 'Fn::If':
        return this.#value(stack, where, this.condition(stack, where, String(list[0])) ? list[1] : list[2]);
      default:
        return this.#problem(stack, where, `intrinsic function ${name} is not known here`);
    }
  }

  #reference(stack: Stack, where: string, name: string): unknown {
    if (name === 'AWS::NoValue') return absent;
    const pseudo = this.#pseudoParameter(stack, name);
    if (pseudo !== undefined) return pseudo;
    const parameter = stack.template.Parameters[name];
    if (parameter) {
      const value = this.#world.parameters[name] ?? parameter.Default;
      return value ?? this.#problem(stack, where, `parameter ${name} has no value`);
    }
    return this.identity(stack, name)?.ref ?? this.#problem(stack, where, `Ref to ${name}, which is not known here`);
  }

  #pseudoParameter(stack: Stack, name: string): string | undefined {
    switch (name) {
      case 'AWS::Region':
        return this.#world.region;
      case 'AWS::AccountId':
        return LOCAL_ACCOUNT;
      case 'AWS::Partition':
        return PARTITION;
      case 'AWS::URLSuffix':
        return URL_SUFFIX;
      case 'AWS::StackName':
        return stack.name;
      default:
        return undefined;
    }
  }

  #attribute(stack: Stack, where: string, logicalId: string, attribute: string): unknown {
    return (
      this.identity(stack, logicalId)?.attributes[attribute] ??
      this.#problem(stack, where, `Fn::GetAtt ${logicalId}.${attribute}, which is not known here`)
    );
  }

  /** Name and attributes of a resource; undefined when there is no such resource, or its type is not known. */
  identity(stack: Stack, logicalId: string): Identity | undefined {
    const key = `${stack.name}/${logicalId}`;
    if (!this.#identities.has(key)) {
      this.#identities.set(key, undefined); // Ends a circle: a name that is made of itself is not known.
      this.#identities.set(key, this.#world.identify(stack, logicalId, this));
    }
    return this.#identities.get(key);
  }

  #substitute(stack: Stack, where: string, argument: unknown): string {
    const [text, variables] = Array.isArray(argument) ? argument : [argument, {}];
    return String(text).replaceAll(/\$\{([^}]+)\}/g, (whole, name: string) => {
      if (name.startsWith('!')) return `\${${name.slice(1)}}`;
      const own = (variables as Record<string, unknown> | undefined)?.[name];
      if (own !== undefined) return this.#text(stack, where, own);
      const [logicalId, attribute] = splitOnce(name, '.');
      const value = attribute
        ? this.#attribute(stack, where, logicalId, attribute)
        : this.#reference(stack, where, logicalId);
      return value === undefined ? whole : String(value);
    });
  }

  #import(stack: Stack, where: string, name: string): unknown {
    for (const exporter of this.#world.stacks) {
      for (const [id, output] of Object.entries(exporter.template.Outputs)) {
        if (output.Export && this.#text(exporter, `Outputs.${id}`, output.Export.Name) === name) {
          return this.#value(exporter, `Outputs.${id}`, output.Value);
        }
      }
    }
    return this.#problem(stack, where, `Fn::ImportValue ${name}, which no stack exports`);
  }

  #test(stack: Stack, where: string, definition: unknown): boolean {
    const [entry] = Object.entries(definition as object);
    const [name, argument] = entry ?? ['', undefined];
    const list = Array.isArray(argument) ? argument : [];
    switch (name) {
      case 'Fn::Equals':
        return this.#text(stack, where, list[0]) === this.#text(stack, where, list[1]);
      case 'Fn::And':
        return list.every((item) => this.#test(stack, where, item));
      case 'Fn::Or':
        return list.some((item) => this.#test(stack, where, item));
      case 'Fn::Not':
        return !this.#test(stack, where, list[0]);
      case 'Condition':
        return this.condition(stack, where, String(argument));
      default:
        return this.#problem(stack, where, `condition function ${name} is not known here`) ?? false;
    }
  }
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
