import type { ProblemDefinition } from '../../shared/api/problems.ts';
import { escaped } from '../../shared/runtime/html.ts';
import { exampleOf } from './example.ts';
import { described, membersOf } from './members.ts';
import { type Call, type Content, callsOf, type OpenApi, type Parameter, type Response, resolve } from './openapi.ts';
import { both, marked, page } from './page.ts';

export type Problems = Readonly<Record<string, ProblemDefinition>>;

/** The address of a problem's page on this host. */
export const problemPath = (code: string): string => `/problems/${code.replaceAll('_', '-')}`;

/** The interface as one page. `publicUrl` is where it is called, without a slash at the end. */
export function referencePage(document: OpenApi, problems: Problems, publicUrl: string): string {
  const groups = grouped(callsOf(document));
  const context = { document, problems, publicUrl };
  const sections = [...groups].map(
    ([name, calls]) => `<section id="${anchorOf(name)}"><h2>${escaped(name)}</h2>
${calls.map((call) => callArticle(call, context)).join('\n')}</section>`,
  );
  const { title, version, description } = document.info;
  return page(
    `${title} ${version}`,
    `<a class="skip" href="#main">Skip to content</a>
<div class="frame with-nav">
${navigation(groups)}
<main id="main">
<h1>${escaped(title)} <span class="other">${escaped(version)}</span></h1>
${description ? `<p>${marked(description)}</p>` : ''}
${introduction(publicUrl)}
${sections.join('\n')}
${problemTable(problems)}
</main>
</div>`,
  );
}

/** By tag: one group for each audience. `portal-api` reads as Portal API. */
const grouped = (calls: readonly Call[]): ReadonlyMap<string, readonly Call[]> =>
  Map.groupBy(calls, ({ operation }) => {
    const words = (operation.tags?.[0] ?? 'other').replaceAll('-', ' ').replace(/\bapi\b/, 'API');
    return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
  });

const anchorOf = (name: string): string => `group-${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`;

const methodMark = (method: string): string => `<span class="method ${method.toLowerCase()}">${method}</span>`;

function navigation(groups: ReadonlyMap<string, readonly Call[]>): string {
  const items = [...groups].flatMap(([name, calls]) => [
    `<li class="group"><a href="#${anchorOf(name)}">${escaped(name)}</a></li>`,
    ...calls.map(
      ({ method, path, anchor }) => `<li><a href="#${anchor}">${methodMark(method)}${escaped(path)}</a></li>`,
    ),
  ]);
  return `<nav aria-label="Contents"><details open><summary>${both('Mục lục', 'Contents')}</summary><ul>
<li class="group"><a href="#calling">${both('Cách gọi', 'How to call')}</a></li>
${items.join('\n')}
<li class="group"><a href="#problems">${both('Mã lỗi', 'Problems')}</a></li>
</ul></details></nav>`;
}

const introduction = (publicUrl: string): string => `<section id="calling"><h2>${both('Cách gọi', 'How to call')}</h2>
<p>JSON in UTF-8. Amounts are whole dong, instants RFC 3339 with <code>+07:00</code>, days <code>YYYY-MM-DD</code> in Vietnam. Members that are not described are refused. The document itself: <a href="/v1/openapi.json">/v1/openapi.json</a> (OpenAPI 3.1).</p>
<ul>
<li>Access: an OAuth 2.0 token (client credentials) as <code>Authorization: Bearer …</code>, with the scope that each call names. What a client sees is limited to its agencies.</li>
<li>Every call that changes something takes an <code>Idempotency-Key</code>, 8 to 64 visible characters. The same key with the same body gives the same answer, marked <code>Idempotent-Replayed: true</code>, however often it is sent; with another body it is refused.</li>
<li>Errors are problem documents (RFC 9457, <code>application/problem+json</code>) with a stable <code>code</code>, in the language of <code>Accept-Language: vi | en</code>. <code>503</code> says with <code>Retry-After</code> when to come again.</li>
<li><code>X-Request-Id</code> is taken or made, and comes back: name it when you ask us something.</li>
</ul>
<p>Base address: <code>${escaped(publicUrl)}</code></p></section>`;

type Context = { document: OpenApi; problems: Problems; publicUrl: string };

function callArticle(call: Call, context: Context): string {
  const { method, path, operation, anchor } = call;
  const parameters = (operation.parameters ?? []).map((parameter) => resolve<Parameter>(context.document, parameter));
  return `<article id="${anchor}">
<h3><a href="#${anchor}">${methodMark(method)} ${escaped(path)}</a></h3>
<p>${escaped(operation.summary ?? '')}${operation.description ? `<br>${escaped(operation.description)}` : ''}</p>
<p class="soft">${both('Quyền', 'Scope')}: ${scopeText(call)}</p>
${parameters.length > 0 ? parameterList(context.document, parameters) : ''}
${bodySection(context.document, operation.requestBody?.content)}
${answersSection(call, context)}
<details open><summary>curl</summary><pre><code>${escaped(curlFor(call, parameters, context))}</code></pre></details>
</article>`;
}

const scopesOf = ({ operation }: Call): readonly string[] =>
  (operation.security ?? []).flatMap((way) => Object.values(way).flat());

function scopeText(call: Call): string {
  const scopes = scopesOf(call);
  if (scopes.length > 0) return scopes.map((scope) => `<code>${escaped(scope)}</code>`).join(' ');
  return (call.operation.security ?? []).length > 0 ? 'any token' : 'none: public';
}

function parameterList(document: OpenApi, parameters: readonly Parameter[]): string {
  const rows = parameters.map(({ name, in: place, required, description, schema }) => {
    const need = required ? ' <span class="need">required</span>' : '';
    const words = description ? ` ${escaped(description)}` : '';
    return `<li><code class="name">${escaped(name)}</code> <span class="rule">in ${escaped(place)}</span> ${schema ? described(document, schema) : ''}${words}${need}</li>`;
  });
  return `<h4>${both('Tham số', 'Parameters')}</h4><ul class="members">${rows.join('')}</ul>`;
}

function bodySection(document: OpenApi, content: Content | undefined): string {
  const [first] = Object.entries(content ?? {});
  if (!first?.[1].schema) return '';
  const [mediaType, { schema }] = first;
  return `<h4>${both('Nội dung gửi', 'Body')} <span class="rule">${escaped(mediaType)}</span></h4>${membersOf(document, schema, 'sent')}`;
}

function answersSection({ operation }: Call, { document, problems }: Context): string {
  const answers = Object.entries(operation.responses ?? {}).map(([status, given]) => {
    const { description = '', content } = resolve<Response>(document, given);
    const [first] = Object.entries(content ?? {});
    const mediaTypes = Object.keys(content ?? {});
    const isProblem = first?.[0] === 'application/problem+json';
    const members = first?.[1].schema && !isProblem ? membersOf(document, first[1].schema, 'received') : '';
    const told = description === operation.summary ? '' : linked(description, problems);
    const mediaType = first && !isProblem ? `<span class="rule">${escaped(mediaTypes.join(', '))}</span>` : '';
    const words = `<strong>${escaped(status)}</strong> ${told} ${mediaType}`;
    return members === '' ? `<li>${words}</li>` : `<li><details><summary>${words}</summary>${members}</details></li>`;
  });
  return `<h4>${both('Trả lời', 'Answers')}</h4><ul class="members">${answers.join('')}</ul>`;
}

/** Marks code, and leads from the code of a problem to its page. */
const linked = (description: string, problems: Problems): string =>
  marked(description).replace(/<code>([a-z_]+)<\/code>/g, (whole, code: string) =>
    Object.hasOwn(problems, code) ? `<a href="${problemPath(code)}">${whole}</a>` : whole,
  );

const KEY = 'Idempotency-Key';

/** The call as somebody would try it at a shell. Texts are quoted so that a shell reads them as they are. */
function curlFor(call: Call, parameters: readonly Parameter[], { document, publicUrl }: Context): string {
  const { method, path, operation } = call;
  const shownValue = ({ name, schema }: Parameter) => String(exampleOf(document, schema ?? {}, name));
  const wanted = parameters.filter(({ required, in: place }) => required && place === 'query');
  const query = wanted.map((parameter) => `${parameter.name}=${encodeURIComponent(shownValue(parameter))}`).join('&');
  const address = parameters
    .filter(({ in: place }) => place === 'path')
    .reduce((filled, parameter) => filled.replace(`{${parameter.name}}`, shownValue(parameter)), path);
  const [body] = Object.entries(operation.requestBody?.content ?? {});
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const lines = [
    `curl${method === 'GET' ? '' : ` -X ${method}`} ${quoted(`${publicUrl}${address}${query === '' ? '' : `?${query}`}`)}`,
    ...((operation.security ?? []).length > 0 ? ['-H "Authorization: Bearer $TOKEN"'] : []),
    ...parameters
      .filter(({ in: place, required }) => place === 'header' && required)
      .map((parameter) =>
        parameter.name === KEY
          ? `-H "${KEY}: $(uuidgen)"`
          : `-H ${quoted(`${parameter.name}: ${shownValue(parameter)}`)}`,
      ),
    ...(body?.[1].schema
      ? [
          `-H ${quoted(`Content-Type: ${body[0]}`)}`,
          `-d ${quoted(JSON.stringify(body[1].example ?? exampleOf(document, body[1].schema), null, 2))}`,
        ]
      : []),
  ];
  return lines.join(' \\\n  ');
}

function problemTable(problems: Problems): string {
  const rows = Object.entries(problems)
    .sort(([, one], [, other]) => one.status - other.status)
    .map(
      ([code, { status, title }]) =>
        `<tr><td>${status}</td><td><a href="${problemPath(code)}"><code>${escaped(code)}</code></a></td><td>${both(title.vi, title.en)}</td></tr>`,
    );
  return `<section id="problems"><h2>${both('Mã lỗi', 'Problems')}</h2>
<div class="scroll"><table><thead><tr><th scope="col">HTTP</th><th scope="col">Code</th><th scope="col">${both('Ý nghĩa', 'Meaning')}</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div></section>`;
}
