import { type Reading, read, wrong } from './reading.ts';

/**
 * Code of an administrative procedure and of its public service. The key is `N.NNNNNN`; the long form adds the group
 * `000.00.00` and the agency's level-1 code, the short form that code alone; a service ends in two more digits.
 * Source: the national database of procedures; codes seen in the portal's lists.
 */
export type ProcedureId = {
  /** `N.NNNNNN`: what the catalogue is kept by. */
  key: string;
  /** `NNN.NN.NN` of the long form. */
  group?: string;
  /** Level-1 code of a province or ministry. */
  agency?: string;
  /** The two digits of a public service (mã dịch vụ công). */
  service?: string;
};

const FORM = /^([0-9]\.[0-9]{6})(?:\.([0-9]{3}\.[0-9]{2}\.[0-9]{2}))?(?:\.([A-Z][0-9]{2}))?(?:\.([0-9]{2}))?$/;
const MAX_LENGTH = 28;

/** Reads the key, the short and long forms, and the code of a service. */
export function readProcedureId(text: string): Reading<ProcedureId> {
  const parts = text.length <= MAX_LENGTH ? FORM.exec(text) : null;
  if (!parts)
    return wrong(
      'mã thủ tục có dạng N.NNNNNN, có thể thêm .000.00.00, mã tỉnh hoặc bộ như .H56, và hai chữ số của dịch vụ công',
      'a procedure code is N.NNNNNN, which .000.00.00, a province or ministry such as .H56, and the two digits of a service may follow',
    );
  const [, key = '', group, agency, service] = parts;
  return read({
    key,
    ...(group !== undefined && { group }),
    ...(agency !== undefined && { agency }),
    ...(service !== undefined && { service }),
  });
}

/** The whole code again. `short`: without the group. */
export function formatProcedureId(
  { key, group, agency, service }: ProcedureId,
  form: 'long' | 'short' = 'long',
): string {
  return [key, form === 'long' ? group : undefined, agency, service].filter((part) => part !== undefined).join('.');
}

/** The code of a procedure's public service: the usual one is the first. */
export const serviceCode = (key: string, service = '01'): string => `${key}.${service}`;
