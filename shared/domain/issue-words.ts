import type * as z from 'zod';

/** What a schema found wrong, in words of our own: bundles are shipped without zod's. Quotes nothing of what was sent. */
export function issueWords(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? `required: ${issue.expected}` : `expected ${issue.expected}`;
    case 'too_big':
      return `at most ${issue.maximum}`;
    case 'too_small':
      return `at least ${issue.minimum}`;
    case 'invalid_format':
      return issue.format === 'regex' ? 'wrong form' : `expected ${issue.format}`;
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ').slice(0, 200)}`;
    case 'unrecognized_keys':
      return `unknown member ${issue.keys.join(', ').slice(0, 200)}`;
    case 'custom':
      return issue.message;
    default:
      return 'not accepted here';
  }
}
