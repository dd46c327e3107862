import type { WrongPlace } from '../../shared/domain/refusal.ts';
import { escaped, safePageHeaders, styleSource } from '../../shared/runtime/html.ts';
import type { Sent } from './bank.ts';
import { MAX_COPIES, type Order } from './order.ts';

/** Pages of the sandbox bank: rendered here, no scripts, nothing from elsewhere. Vietnamese first, English second. */

const CSS = `
:root{color-scheme:light dark;--ink:#16202c;--soft:#55616f;--line:#d5dbe3;--paper:#fff;--ground:#eef2f6;--brand:#0b5c55;--on:#fff;--warn:#fff4d6;--warn-ink:#5c4300;--bad:#a3201d}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#a5b1be;--line:#35414e;--paper:#19212a;--ground:#0f151b;--brand:#5cc9bb;--on:#06211e;--warn:#3a2f10;--warn-ink:#ffe3a0;--bad:#ff9c97}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:30rem;margin:0 auto;padding:1rem}
header{padding:1rem 0 .75rem}
h1{margin:0;font-size:1.25rem;line-height:1.3}
h2{margin:0 0 .25rem;font-size:1rem}
[lang=en]{color:var(--soft);font-size:.875em;font-weight:400}
h1 [lang=en],h2 [lang=en],dt [lang=en],label [lang=en],button [lang=en],.link [lang=en]{display:block}
.note{margin:0 0 1rem;padding:.625rem .875rem;border-radius:.5rem;background:var(--warn);color:var(--warn-ink)}
.note [lang=en]{display:block;color:inherit}
.card{background:var(--paper);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;margin:0 0 1rem}
.amount{margin:0;font-size:2.25rem;font-weight:700;line-height:1.2;font-variant-numeric:tabular-nums}
dl{margin:1rem 0 0;display:grid;gap:.5rem}
dl div{display:flex;justify-content:space-between;align-items:baseline;gap:0 1rem;border-top:1px solid var(--line);padding-top:.5rem}
dt{color:var(--soft)}
dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere;text-align:right}
form,fieldset{display:grid;gap:.75rem;border:0;margin:0;padding:0;min-width:0}
legend{padding:0;font-weight:600;margin-bottom:.5rem}
legend [lang=en]{display:block}
button,.link{display:block;width:100%;min-height:3rem;padding:.5rem 1rem;border:1px solid var(--brand);border-radius:.5rem;background:transparent;color:var(--brand);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
button [lang=en],.link [lang=en]{color:inherit}
button.main,.link.main{background:var(--brand);color:var(--on)}
button:hover,.link:hover{text-decoration:underline}
:focus-visible{outline:3px solid #e08600;outline-offset:2px}
label{display:flex;align-items:center;justify-content:space-between;gap:1rem}
input{font:inherit;flex:none;width:6.5rem;min-height:2.75rem;padding:.25rem .5rem;border:1px solid var(--soft);border-radius:.5rem;background:var(--paper);color:var(--ink);text-align:right}
table{width:100%;border-collapse:collapse;font-size:.875rem}
th,td{padding:.5rem .25rem;border-top:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{color:var(--soft);font-weight:400}
td:last-child{white-space:nowrap}
.bad{color:var(--bad);font-weight:600}
`;

const STYLE_SOURCE = styleSource(CSS);

/** `135.000 ₫`, as amounts are written in Vietnam. */
export const formatDong = (amount: number): string => `${String(amount).replace(/\B(?=(?:\d{3})+$)/g, '.')} ₫`;

const formatAmount = (amount: number, currency: string): string =>
  currency === 'VND' ? formatDong(amount) : `${amount} ${currency}`;

const both = (vi: string, en: string): string => `${escaped(vi)} <span lang="en">${escaped(en)}</span>`;

/** Names by DNS, and IPv4 addresses. A URL's host may hold more, such as `;`, which would end a directive of the policy. */
const PLAIN_HOST = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** Where an address leads, as a policy names it; undefined for a host that a policy has no plain word for. */
function policySource(address: string): string | undefined {
  const { protocol, hostname, host } = new URL(address);
  return PLAIN_HOST.test(hostname) ? `${protocol}//${host}` : undefined;
}

/**
 * Headers of every page. A browser holds the redirect after a form to `form-action` too, so the place that the citizen
 * returns to must be in it.
 */
export function pageHeaders(returnUrl?: string): Record<string, string> {
  const source = returnUrl === undefined ? undefined : policySource(returnUrl);
  const returnOrigin = source === undefined ? '' : ` ${source}`;
  return {
    ...safePageHeaders,
    'content-security-policy': `default-src 'none'; style-src ${STYLE_SOURCE}; form-action 'self' https:${returnOrigin}; base-uri 'none'; frame-ancestors 'none'`,
    'x-robots-tag': 'noindex',
    'cache-control': 'no-store',
  };
}

const layout = (title: string, body: string): string => `<!doctype html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${CSS}</style>
</head>
<body>
<main>
<header><h1>${both('Ngân hàng thử nghiệm', 'Sandbox bank')}</h1></header>
<p class="note">${both('Trang thử nghiệm: không có tiền thật.', 'A test page: no real money moves.')}</p>
${body}
</main>
</body>
</html>
`;

const row = (vi: string, en: string, value: string): string =>
  `<div><dt>${both(vi, en)}</dt><dd>${escaped(value)}</dd></div>`;

/** `09:29 22/11/2026` from RFC 3339 text, in Vietnam time. */
const formatDeadline = (text: string): string => {
  const local = new Date(Date.parse(text) + 7 * 3_600_000).toISOString();
  const [year, month, day] = local.slice(0, 10).split('-');
  return `${local.slice(11, 16)} ${day}/${month}/${year}`;
};

const summary = ({ amount, currency, ref, terminal, expiresAt }: Order): string => `<section class="card">
<h2>${both('Số tiền cần thanh toán', 'Amount due')}</h2>
<p class="amount">${escaped(formatAmount(amount, currency))}</p>
<dl>
${row('Mã thanh toán', 'Reference', ref)}
${row('Điểm thu', 'Terminal', terminal)}
${expiresAt === undefined ? '' : row('Hạn thanh toán', 'Pay by', formatDeadline(expiresAt))}
</dl>
</section>`;

const button = (outcome: string, vi: string, en: string, kind = ''): string =>
  `<button name="outcome" value="${outcome}"${kind}>${both(vi, en)}</button>`;

/** The page on which somebody chooses what the bank does. */
export function orderPage(order: Order): string {
  const hidden = Object.entries(order)
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escaped(String(value))}">`)
    .join('\n');
  const amount = formatAmount(order.amount, order.currency);
  return layout(
    `${amount} – Ngân hàng thử nghiệm`,
    `${summary(order)}
<form method="post" action="/sandbox-bank/decide">
${hidden}
<section class="card"><fieldset>
<legend>${both('Bạn muốn làm gì?', 'What should happen?')}</legend>
${button('pay', `Thanh toán ${amount}`, `Pay ${amount}`, ' class="main"')}
${button('decline', 'Từ chối', 'Decline')}
</fieldset></section>
<section class="card"><fieldset>
<legend>${both('Thử tình huống lỗi', 'Try a fault')}</legend>
${button('pay_twice', 'Thanh toán hai lần', 'Pay twice: two transactions')}
${button('wrong_amount', 'Thanh toán sai số tiền', 'Pay a wrong amount')}
${button('silent', 'Thanh toán nhưng không báo', 'Pay, but never call back')}
<label for="difference"><span>${both('Chênh lệch khi sai số tiền (₫)', 'Difference of a wrong amount')}</span>
<input id="difference" name="difference" type="number" step="1" value="-1" inputmode="numeric"></label>
<label for="copies"><span>${both('Số lần gửi cùng một thông báo', 'Copies of each callback')}</span>
<input id="copies" name="copies" type="number" min="1" max="${MAX_COPIES}" step="1" value="1" inputmode="numeric"></label>
</fieldset></section>
</form>`,
  );
}

/** What was sent and what was answered, for whoever came without a return address or whose callback was not taken. */
export function resultPage(sent: readonly Sent[], continueTo: string | undefined): string {
  const rows = sent.flatMap(({ txnId, amount, result, answers }) =>
    answers.map(({ status, result: answer, tries }) => {
      const kind = status >= 200 && status < 300 ? '' : ' class="bad"';
      return `<tr><td>${escaped(txnId)}<br>${escaped(formatDong(amount))} ${result}</td><td${kind}>${escaped(answer || '–')}<br>HTTP ${status}, ×${tries}</td></tr>`;
    }),
  );
  const table = `<table><thead><tr><th scope="col">${both('Giao dịch', 'Transaction')}</th><th scope="col">${both('Trả lời', 'Answer')}</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
  const nothing = `<p>${both('Ngân hàng không gửi thông báo nào.', 'The bank sent no callback.')}</p>`;
  const link = `<a class="link main" href="${escaped(continueTo ?? '')}" rel="noreferrer">${both('Tiếp tục', 'Continue')}</a>`;
  return layout(
    'Kết quả – Ngân hàng thử nghiệm',
    `<section class="card"><h2>${both('Đã gửi thông báo', 'Callbacks sent')}</h2>${rows.length > 0 ? table : nothing}</section>
${continueTo === undefined ? '' : link}`,
  );
}

/** For a request that is no order. Names the fields, not their values. */
export function refusalPage(places: readonly WrongPlace[]): string {
  const fields = new Set(places.map(({ pointer }) => pointer.split('/')[2] || 'body'));
  const names = [...fields].map((field) => `<li>${escaped(field)}</li>`).join('');
  return layout(
    'Yêu cầu không hợp lệ – Ngân hàng thử nghiệm',
    `<section class="card"><h2>${both('Yêu cầu không hợp lệ', 'The request is not valid')}</h2>
<p>${both('Các trường sau thiếu, sai hoặc không được biết:', 'These fields are missing, wrong or not known:')}</p><ul>${names}</ul></section>`,
  );
}
