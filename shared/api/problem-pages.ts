import type { ProblemCode } from './problems.ts';

export const PROBLEM_BASE = 'https://thuphi.dev/problems/';

/** The slug of a problem's page. */
export const problemSlug = (code: ProblemCode): string => code.replaceAll('_', '-');
