import openapi from '../../docs/openapi.json' with { type: 'json' };
import { PROBLEM_BASE } from '../../shared/api/problem-pages.ts';
import { problems } from '../../shared/api/problems.ts';
import { ApiDocsEnvironment, readEnvironment } from '../../shared/runtime/environment.ts';
import { docsRoutes } from './docs-routes.ts';
import type { OpenApi } from './openapi.ts';

const environment = readEnvironment(ApiDocsEnvironment, process.env);

export const handler = docsRoutes({
  // Made by this project from its own contract, so its shape is known better than the compiler infers it from the file.
  document: openapi as unknown as OpenApi,
  problems,
  publicUrl: environment.PUBLIC_URL,
  problemBase: PROBLEM_BASE,
});
