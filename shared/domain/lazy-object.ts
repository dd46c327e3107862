import * as z from 'zod';

/**
 * Objects whose members are made when the first of them is asked for. A schema costs some ten microseconds to make, and a
 * function's start loads hundreds that its call never reads.
 */

function shapeOf<S extends z.ZodRawShape>(make: () => S): S {
  let made: S | undefined;
  const shape = (): S => {
    made ??= make();
    return made;
  };
  return new Proxy({} as S, {
    get: (_, member) => Reflect.get(shape(), member),
    has: (_, member) => Reflect.has(shape(), member),
    ownKeys: () => Reflect.ownKeys(shape()),
    getOwnPropertyDescriptor: (_, member) => Reflect.getOwnPropertyDescriptor(shape(), member),
  });
}

/** `z.object`, made later. */
export const lazyObject = <S extends z.ZodRawShape>(make: () => S) => z.object(shapeOf(make));

/** `z.strictObject`, made later. */
export const lazyStrictObject = <S extends z.ZodRawShape>(make: () => S) => z.strictObject(shapeOf(make));

/** `z.looseObject`, made later. */
export const lazyLooseObject = <S extends z.ZodRawShape>(make: () => S) => z.looseObject(shapeOf(make));
