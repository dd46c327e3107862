import * as z from 'zod';
import { lazy } from '../domain/lazy.ts';
import { endpoint } from './endpoint.ts';

/** Message sets that portals speak already, in their own words: no problem documents, no tokens, signed messages. */

export const DialectMessage = lazy(() => z.enum(['init', 'query', 'get-bill']));

/** Its message is signed by nobody, so it alone of them needs a token. */
export const lookUpDvcqg = endpoint({
  method: 'POST',
  path: '/dialects/dvcqg/look-up',
  summary: 'What is due for a dossier (`{MaHoSo}`), as the national platform asks it',
  scope: 'invoices:read',
  body: lazy(() => z.looseObject({ MaHoSo: z.string().meta({ examples: ['H29.12-261122-0001'] }) })),
  answers: {
    200: lazy(() =>
      z.strictObject({
        /** −1: no such dossier; 0: nothing of it is due; 1: there is a bill. */
        error_code: z.literal([-1, 0, 1]),
        /** The bill: MaTraCuuTT, MaThamChieu, SoTien and the members of ThongTinBienLai; empty where nothing is due. */
        message: z.union([z.looseObject({ MaTraCuuTT: z.string() }), z.tuple([])]).optional(),
      }),
    ),
  },
});

export const dialectDvcqgApi = [
  lookUpDvcqg,
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
