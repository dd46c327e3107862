import type { ProblemDefinition } from '../../shared/api/problems.ts';
import { escaped } from '../../shared/runtime/html.ts';
import { both, marked, page } from './page.ts';

const back = `<p><a href="/docs#problems">${both('Tất cả mã lỗi', 'All problems')}</a></p>`;

/** What a problem type means. `type` is the address that problem documents carry. */
export function problemPage(code: string, { status, title, meaning }: ProblemDefinition, type: string): string {
  const example = { type, title: title.vi, status, detail: meaning.vi, instance: '/v1/…', code, requestId: '…' };
  return page(
    `${title.en} (${status})`,
    `<main class="frame narrow">
<p class="soft">HTTP ${status} · <code>${escaped(code)}</code></p>
<h1 lang="vi">${escaped(title.vi)}</h1>
<p class="other">${escaped(title.en)}</p>
<article><p lang="vi">${marked(meaning.vi)}</p><p class="soft">${marked(meaning.en)}</p></article>
<h4>${both('Ví dụ', 'Example')} <span class="rule">application/problem+json</span></h4>
<pre><code>${escaped(JSON.stringify(example, null, 2))}</code></pre>
${back}
</main>`,
  );
}

export const unknownProblemPage = (): string =>
  page(
    'No such problem type',
    `<main class="frame narrow"><h1 lang="vi">Không có mã lỗi này</h1><p class="other">There is no such problem type.</p>${back}</main>`,
  );
