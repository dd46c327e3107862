/** As much XML as a notice has: elements with text in them, five named entities, no attributes, no declarations. */

const ELEMENT = /<([A-Za-z][A-Za-z0-9_]{0,63})>([^<]*)<\/\1>/g;
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Texts of the innermost elements by name. `undefined` for a document type, and where a name stands twice. */
export function elementsOf(xml: string): Map<string, string> | undefined {
  if (xml.includes('<!')) return undefined;
  const found = new Map<string, string>();
  for (const [, name = '', text = ''] of xml.matchAll(ELEMENT)) {
    if (found.has(name)) return undefined;
    found.set(
      name,
      text.trim().replace(/&(\w+);/g, (whole, entity: string) => ENTITIES[entity] ?? whole),
    );
  }
  return found;
}

export const escaped = (text: string): string =>
  text.replace(/[<>&"']/g, (sign) => `&${Object.entries(ENTITIES).find(([, one]) => one === sign)?.[0]};`);
