import { createHash } from 'node:crypto';
import type { Decided } from './house.ts';
import { simulators } from './players.ts';
import type { Order, Transaction } from './speech.ts';
import { vietnamTime } from './speech.ts';

/** The pages of the simulated providers: no scripts, nothing from elsewhere. Vietnamese first, English second. */

const CSS = `
:root{color-scheme:light dark;--ink:#16202c;--soft:#55616f;--line:#d5dbe3;--paper:#fff;--ground:#eef2f6;--brand:#1d4f91;--on:#fff;--warn:#fff4d6;--warn-ink:#5c4300}
@media(prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#a5b1be;--line:#35414e;--paper:#19212a;--ground:#0f151b;--brand:#8db8f0;--on:#0c1c31;--warn:#3a2f10;--warn-ink:#ffe3a0}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:34rem;margin:0 auto;padding:1rem}
h1{margin:1rem 0 .75rem;font-size:1.25rem;line-height:1.3}
h2{margin:0 0 .5rem;font-size:1rem}
[lang=en]{display:block;color:var(--soft);font-size:.875em;font-weight:400}
.note{margin:0 0 1rem;padding:.625rem .875rem;border-radius:.5rem;background:var(--warn);color:var(--warn-ink)}
.note [lang=en],button [lang=en],.link [lang=en]{color:inherit}
section{background:var(--paper);border:1px solid var(--line);border-radius:.75rem;padding:1.25rem;margin:0 0 1rem}
.amount{margin:0 0 .5rem;font-size:2.25rem;font-weight:700;line-height:1.2;font-variant-numeric:tabular-nums}
form{display:grid;gap:.75rem}
label{display:grid;gap:.25rem}
button,.link{display:block;width:100%;min-height:3rem;padding:.5rem 1rem;border:1px solid var(--brand);border-radius:.5rem;background:transparent;color:var(--brand);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
.main{background:var(--brand);color:var(--on)}
:focus-visible{outline:3px solid #e08600;outline-offset:2px}
input,select,textarea{font:inherit;width:100%;min-height:2.75rem;padding:.25rem .5rem;border:1px solid var(--soft);border-radius:.5rem;background:var(--paper);color:var(--ink)}
table{width:100%;border-collapse:collapse;font-size:.875rem}
th,td{padding:.5rem .25rem;border-top:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:anywhere}
a{color:var(--brand)}
`;

const styleHash = createHash('sha256').update(CSS).digest('base64');

/** Forms lead back here; a portal's page is reached by a link, not by a redirect. */
export const pageHeaders: Record<string, string> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'content-security-policy': `default-src 'none'; style-src 'sha256-${styleHash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
};

const SIGNS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => SIGNS[sign] ?? sign);
const both = (vi: string, en: string): string => `${escaped(vi)} <span lang="en">${escaped(en)}</span>`;
const dong = (amount: number): string => `${String(amount).replace(/\B(?=(?:\d{3})+$)/g, '.')} ₫`;

function layout(vi: string, en: string, body: string): string {
  const note = both('Nhà cung cấp giả lập: không có tiền thật.', 'A simulated provider: no real money moves.');
  return `<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(vi)} – giả lập</title><style>${CSS}</style></head>
<body><main><h1>${both(vi, en)}</h1><p class="note">${note}</p>
${body}
</main></body></html>
`;
}

const FAULT_NAMES: Readonly<Record<string, [vi: string, en: string]>> = {
  none: ['Không có lỗi', 'No fault'],
  delay: ['Báo muộn', 'Told late'],
  duplicate: ['Báo nhiều lần', 'Told several times'],
  reorder: ['Báo sau giao dịch kế tiếp', 'Told after the next one'],
  drop: ['Không báo', 'Never told'],
  tamper: ['Sửa số tiền sau khi ký', 'Amount changed after signing'],
  wrong_amount: ['Trả sai số tiền', 'A wrong amount is paid'],
  flood: ['Báo dồn dập 1.000 lần', 'Told 1,000 times at once'],
};

const nameOf = (provider: string) => simulators.get(provider)?.name ?? { vi: provider, en: provider };

const number = (name: string, vi: string, en: string, value: number): string =>
  `<label><span>${both(vi, en)}</span><input name="${name}" type="number" step="1" value="${value}"></label>`;

/** The page on which a person is the payer, and says how the provider misbehaves. */
export function orderPage({ provider, reference, amount, info, terminal }: Order): string {
  const { vi, en } = nameOf(provider);
  const faults = Object.entries(FAULT_NAMES).map(
    ([value, [name, english]]) => `<option value="${value}">${escaped(`${name} (${english})`)}</option>`,
  );
  return layout(
    vi,
    en,
    `<section><h2>${both('Số tiền cần thanh toán', 'Amount due')}</h2><p class="amount">${dong(amount)}</p>
<table><tr><th scope="row">${both('Mã thanh toán', 'Reference')}</th><td>${escaped(reference)}</td></tr>
<tr><th scope="row">${both('Nội dung', 'Text')}</th><td>${escaped(info)}</td></tr>
<tr><th scope="row">${both('Điểm thu', 'Terminal')}</th><td>${escaped(terminal)}</td></tr></table></section>
<section><form method="post" action="/control/decide">
<input type="hidden" name="provider" value="${escaped(provider)}"><input type="hidden" name="reference" value="${escaped(reference)}">
<button class="main" name="outcome" value="pay">${both(`Thanh toán ${dong(amount)}`, `Pay ${dong(amount)}`)}</button>
<button name="outcome" value="decline">${both('Từ chối', 'Decline')}</button>
<label><span>${both('Thông báo cho cổng thu phí', 'How the service is told')}</span><select name="fault">${faults.join('')}</select></label>
${number('delaySeconds', 'Nếu báo muộn: sau bao nhiêu giây', 'If late: after how many seconds', 600)}
${number('difference', 'Nếu sai số tiền: chênh lệch (₫)', 'If wrong: the difference', -1)}
</form></section><p><a href="/">${both('Tất cả các lệnh', 'All orders')}</a></p>`,
  );
}

export function resultPage({ provider, returnUrl }: Order, decided: Decided): string {
  const { vi, en } = nameOf(provider);
  const rows = decided.told.map(
    ({ provider: teller, status, answer, times }) =>
      `<tr><td>${escaped(teller)} ×${times}</td><td>HTTP ${status} ${escaped(answer)}</td></tr>`,
  );
  const told = rows.length > 0 ? `<table>${rows.join('')}</table>` : both('Chưa báo.', 'Not told, or not yet.');
  const what = decided.paid ? both('Đã thanh toán', 'Paid') : both('Đã từ chối', 'Declined');
  const on = /^https?:\/\//.test(returnUrl ?? '') ? returnUrl : undefined;
  return layout(
    vi,
    en,
    `<section><h2>${what}</h2><p class="amount">${dong(decided.amount)}</p><p>${escaped(decided.transactionId)}</p></section>
<section><h2>${both('Trả lời của cổng thu phí', 'What the service answered')}</h2>${told}</section>
${on === undefined ? '' : `<p><a class="link main" href="${escaped(on)}" rel="noreferrer">${both('Quay lại cổng dịch vụ', 'Back to the portal')}</a></p>`}
<p><a href="/">${both('Tất cả các lệnh', 'All orders')}</a></p>`,
  );
}

export function homePage(orders: readonly (Order & { transactions: readonly Transaction[] })[]): string {
  const rows = orders.slice(0, 50).map(({ provider, reference, amount, createdAt, transactions }) => {
    const query = new URLSearchParams({ provider, reference });
    const state = transactions.map(({ paid }) => (paid ? 'đã trả / paid' : 'từ chối / declined')).join(', ');
    return `<tr><td>${escaped(nameOf(provider).vi)}<br>${vietnamTime(createdAt)}</td><td><a href="/order?${escaped(query.toString())}">${escaped(reference)}</a><br>${dong(amount)} ${state}</td></tr>`;
  });
  const none = both('Chưa có lệnh nào.', 'No orders yet.');
  return layout(
    'Các nhà cung cấp giả lập',
    'Simulated providers',
    `<section><h2>${both('Quét mã VietQR', 'Scan a VietQR code')}</h2><form method="get" action="/vietqr/pay">
<label><span>${both('Nội dung mã (next.qr.payload)', 'The text of the code')}</span><textarea name="code" rows="4" required></textarea></label>
<button class="main">${both('Quét', 'Scan')}</button></form></section>
<section><h2>${both('Lệnh thanh toán', 'Orders')}</h2>${rows.length > 0 ? `<table>${rows.join('')}</table>` : none}</section>`,
  );
}

export const refusalPage = (why: string): string =>
  layout(
    'Từ chối',
    'Refused',
    `<section>${both('Yêu cầu không hợp lệ', 'The request is not valid')}: ${escaped(why)}</section>`,
  );
