/** What is read of the OpenAPI 3.1 document. It is made by this project at build time, so it is trusted, not parsed. */

export type Schema = {
  $ref?: string;
  type?: string | readonly string[];
  title?: string;
  description?: string;
  format?: string;
  pattern?: string;
  enum?: readonly unknown[];
  const?: unknown;
  default?: unknown;
  examples?: readonly unknown[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  allOf?: readonly Schema[];
};

export type Content = Readonly<Record<string, { schema?: Schema; example?: unknown }>>;

export type Parameter = {
  $ref?: string;
  name: string;
  in: string;
  required?: boolean;
  description?: string;
  schema?: Schema;
};

export type Response = { $ref?: string; description?: string; content?: Content };

export type Operation = {
  operationId?: string;
  summary?: string;
  description?: string;
  tags?: readonly string[];
  security?: readonly Readonly<Record<string, readonly string[]>>[];
  parameters?: readonly Parameter[];
  requestBody?: { content?: Content };
  responses?: Readonly<Record<string, Response>>;
};

export type OpenApi = {
  openapi: string;
  info: { title: string; version: string; description?: string };
  paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components?: {
    schemas?: Readonly<Record<string, Schema>>;
    parameters?: Readonly<Record<string, Parameter>>;
    responses?: Readonly<Record<string, Response>>;
  };
};

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

export type Call = { method: string; path: string; operation: Operation; anchor: string };

/** Every call in the document's order, with the anchor that its place on the page has. */
export function callsOf(document: OpenApi): Call[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    METHODS.flatMap((method) => {
      const operation = operations[method];
      if (!operation) return [];
      const anchor = `${method}-${path.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '')}`.toLowerCase();
      return [{ method: method.toUpperCase(), path, operation, anchor }];
    }),
  );
}

/** Follows a local reference (`#/components/schemas/Name`) until something stands there itself. */
export function resolve<T extends { $ref?: string }>(document: OpenApi, value: T): Omit<T, '$ref'> {
  let here: T = value;
  for (let steps = 0; here.$ref !== undefined && steps < 8; steps++) {
    const parts = here.$ref.replace(/^#\//, '').split('/');
    here = parts.reduce<unknown>(
      (place, part) => (place as Record<string, unknown> | undefined)?.[part],
      document,
    ) as T;
    if (here === undefined) throw new Error(`${value.$ref} leads nowhere`);
  }
  return here;
}
