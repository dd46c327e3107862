import { type ProblemCode, type ProblemDefinition, problems } from './problems.ts';

/**
 * Every problem by its code. A bundle has another module in this place, which reads them from beside it when the first is
 * answered.
 */
export const shippedProblems = (): Readonly<Record<ProblemCode, ProblemDefinition>> => problems;
