import * as z from 'zod';
import { lazy } from '../domain/lazy.ts';
import { endpoint } from './endpoint.ts';

/** Message sets that portals speak already, in their own words: no problem documents, no tokens, signed messages. */

export const DialectMessage = lazy(() => z.enum(['init', 'query', 'get-bill']));

export const dialectDvcqgApi = [
  endpoint({
    method: 'POST',
    path: '/dialects/dvcqg/{message}',
    summary: 'INIT, QUERY and GET_BILL of the national payment platform 1.0.6, as portals speak them',
    params: lazy(() => z.strictObject({ message: DialectMessage })),
    answers: {
      200: {
        mediaType: 'application/json',
        description: 'MaLoi 00, or 99 with the reason in MoTaLoi: then nothing was done.',
      },
      404: { mediaType: 'application/problem+json', description: '`not_found`: no such message.' },
      503: { mediaType: 'application/json', description: 'MaLoi 99: not now. The same message again.' },
    },
  }),
] as const;
