/** What a caller would rather have, by `Accept` and `Accept-Language` (RFC 9110, section 12.5). */

/** A weight: 0 to 1 with at most three digits. Source: RFC 9110, section 12.4.2. */
const WEIGHT = /^q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/i;

type Range = { value: string; quality: number; place: number };

/** How well one offer is meant by a range of the header: 0 not at all, more the more precisely. */
type Precision<O> = (range: string, offer: O) => number;

/**
 * The offer that the header weighs highest; of equals the one that it names more precisely, then earlier, then the first
 * offer. An offer of weight 0, or one that is not named, is never preferred; where none is left it is the first.
 */
function preferred<O>(header: string | undefined, offers: readonly [O, ...O[]], precision: Precision<O>): O {
  const ranges = rangesOf(header ?? '');
  const weighed = offers.flatMap((offer) => {
    const [best] = ranges
      .map((range) => ({ offer, precision: precision(range.value, offer), ...range }))
      .filter((each) => each.precision > 0)
      // What is said of an offer most precisely counts for it, also where `*` says otherwise.
      .sort((one, other) => other.precision - one.precision || other.quality - one.quality);
    return best && best.quality > 0 ? [best] : [];
  });
  weighed.sort(
    (one, other) => other.quality - one.quality || other.precision - one.precision || one.place - other.place,
  );
  return weighed[0]?.offer ?? offers[0];
}

/** Ranges with their weights. A range whose weight cannot be read is left out: nobody can tell what was meant. */
function rangesOf(header: string): Range[] {
  return header.split(',').flatMap((element, place) => {
    const [value = '', ...parameters] = element.split(';').map((part) => part.trim());
    const weight = parameters.find((parameter) => /^q=/i.test(parameter));
    const quality = weight === undefined ? '1' : WEIGHT.exec(weight)?.[1];
    return value === '' || quality === undefined
      ? []
      : [{ value: value.toLowerCase(), quality: Number(quality), place }];
  });
}

const LANGUAGES = ['vi', 'en'] as const;

/** The language in which to answer: Vietnamese, unless English weighs more. `en-GB` means English. */
export const preferredLanguage = (acceptLanguage: string | undefined): 'vi' | 'en' =>
  preferred(acceptLanguage, LANGUAGES, (range, language) => {
    if (range === '*') return 1;
    return range.split('-', 1)[0] === language ? 2 : 0;
  });

/** The media type in which to answer, of those that can be had; the first where the header has no word. */
export const preferredMediaType = <const O extends string>(
  accept: string | undefined,
  offers: readonly [O, ...O[]],
): O =>
  preferred(accept, offers, (range, offer) => {
    if (range === offer) return 3;
    if (range === `${offer.split('/', 1)[0]}/*`) return 2;
    return range === '*/*' ? 1 : 0;
  });
