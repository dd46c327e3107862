import * as z from 'zod';

/** Which layout a delimited or fixed-width statement has: `<name>.statement.v<n>`. A version that has read a file stays. */
export const StatementMapId = z.string().regex(/^[a-z][a-z0-9-]{1,23}\.statement\.v[1-9][0-9]{0,2}$/);
export type StatementMapId = z.infer<typeof StatementMapId>;

/** Layouts by id; none is public, so each is agreed with the bank that delivers it. */
export const statementMaps: readonly { id: StatementMapId }[] = [];

export const statementMapFor = (id: StatementMapId) => statementMaps.find((map) => map.id === id);
