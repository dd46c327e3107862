import { escaped, safePageHeaders, styleSource } from '../../shared/runtime/html.ts';
import type { Validity } from '../../shared/usecases/read-receipts.ts';

/** The page behind the QR code of a receipt: no scripts, nothing from elsewhere. Vietnamese first, English second. */

const CSS = `
:root{color-scheme:light dark;--ink:#16202c;--soft:#55616f;--line:#d5dbe3;--paper:#fff;--ground:#eef2f6;--valid:#0b6b3a;--replaced:#7a4d00;--unknown:#a3201d}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#a5b1be;--line:#35414e;--paper:#19212a;--ground:#0f151b;--valid:#6fdca0;--replaced:#ffd27a;--unknown:#ff9c97}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:30rem;margin:0 auto;padding:1rem}
h1{font-size:1.25rem;line-height:1.3;margin:1rem 0}
[lang=en]{display:block;color:var(--soft);font-size:.875em;font-weight:400}
.card{background:var(--paper);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem}
.said{margin:0;font-size:1.5rem;font-weight:700;line-height:1.3}
.valid{color:var(--valid)}.replaced{color:var(--replaced)}.unknown{color:var(--unknown)}
.said [lang=en]{color:inherit;font-size:1rem}
code{overflow-wrap:anywhere}
`;

export const pageHeaders = {
  ...safePageHeaders,
  'content-security-policy': `default-src 'none'; style-src ${styleSource(CSS)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
};

const said: Readonly<Record<Validity, { vi: string; en: string; more: { vi: string; en: string } }>> = {
  valid: {
    vi: '✓ Biên lai hợp lệ',
    en: 'The receipt is valid',
    more: {
      vi: 'Biên lai mang mã này đã được phát hành và còn giá trị.',
      en: 'The receipt with this code was issued and stands.',
    },
  },
  replaced: {
    vi: '↻ Biên lai đã bị thay thế',
    en: 'The receipt was replaced',
    more: {
      vi: 'Biên lai mang mã này đã được phát hành, nhưng một biên lai khác đã thay thế nó.',
      en: 'The receipt with this code was issued, but another one stands in its place.',
    },
  },
  unknown: {
    vi: '✗ Không có biên lai này',
    en: 'There is no such receipt',
    more: {
      vi: 'Không có biên lai nào mang mã này. Hãy xem lại từng ký tự, hoặc hỏi cơ quan thu.',
      en: 'No receipt has this code. Compare every character, or ask the agency that collected.',
    },
  },
};

export function checkPage(code: string | null, validity: Validity): string {
  const { vi, en, more } = said[validity];
  const shown = code === null ? '' : `<p>Mã tra cứu <span lang="en">Code</span> <code>${escaped(code)}</code></p>`;
  return `<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="robots" content="noindex"><title>${escaped(vi)}</title><style>${CSS}</style></head>
<body><main><h1>Tra cứu biên lai điện tử <span lang="en">Check of an electronic receipt</span></h1>
<section class="card"><p class="said ${validity}">${escaped(vi)} <span lang="en">${escaped(en)}</span></p>
<p>${escaped(more.vi)} <span lang="en">${escaped(more.en)}</span></p>${shown}</section></main></body></html>`;
}
