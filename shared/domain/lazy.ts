import * as z from 'zod';

/**
 * A schema that is made when it is first used: `const Day = lazy(() => z.iso.date())`. To make one costs some ten
 * microseconds, and a function's start loads hundreds that its call never reads; one that nobody uses stays out of the bundle.
 *
 * It becomes the schema that it makes, to be extended, picked from and compiled, where `z.lazy` stays a wrapper around it. One
 * that contains itself is `z.lazy`.
 */
export function lazy<S extends z.ZodType>(make: () => S): S {
  // The first question that is asked of it reaches its prototype; from then on it has that of what was made.
  const become = (): S => {
    const made = make();
    Object.setPrototypeOf(schema, Object.getPrototypeOf(made));
    Reflect.apply(made._zod.constr, schema, [made._zod.def]);
    const said = z.globalRegistry.get(made);
    if (said) z.globalRegistry.add(schema, said);
    return schema;
  };
  const unmade = new Proxy(nothing, {
    get: (_, member) => Reflect.get(become(), member),
    has: (_, member) => Reflect.has(become(), member),
  });
  const schema: S = Object.create(unmade);
  return schema;
}

const nothing: object = Object.freeze(Object.create(null));
