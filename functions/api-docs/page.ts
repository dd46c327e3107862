import { escaped, safePageHeaders, styleSource } from '../../shared/runtime/html.ts';

/** Frame and look of the pages: light or dark as the reader’s system is, no scripts, nothing from elsewhere. */

const CSS = `
:root{color-scheme:light dark;--ink:#17212b;--soft:#566270;--line:#d8dee5;--paper:#fff;--ground:#f4f6f8;--brand:#0b5c55;--code:#f0f3f6;--get:#0b5c55;--post:#8a3b00;--put:#4b3fa3;--need:#a3201d}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf0;--soft:#a3afbb;--line:#323d48;--paper:#182029;--ground:#0f151b;--brand:#5cc9bb;--code:#0f151b;--get:#5cc9bb;--post:#ffb27a;--put:#b9b0ff;--need:#ff9c97}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
a{color:var(--brand)}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Noto Sans Mono",monospace;font-size:.875em}
code{background:var(--code);border-radius:.25rem;padding:.1em .3em;overflow-wrap:anywhere}
pre{background:var(--code);border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;margin:.5rem 0 1rem;overflow-x:auto}
pre code{background:none;padding:0;overflow-wrap:normal}
h1{font-size:1.75rem;line-height:1.25;margin:0}
h2{font-size:1.375rem;line-height:1.3;margin:2.5rem 0 .75rem}
h3{font-size:1.0625rem;line-height:1.4;margin:0;overflow-wrap:anywhere}
h4{font-size:.9375rem;margin:1.25rem 0 .25rem}
.soft,.other{color:var(--soft)}
.other{font-size:.875em;font-weight:400}
.frame{max-width:76rem;margin:0 auto;padding:1.5rem 1rem 4rem}
.narrow{max-width:44rem}
nav{margin:0 0 1.5rem}
nav ul{list-style:none;margin:0;padding:0}
nav li{margin:.125rem 0}
nav a{display:flex;gap:.25rem;padding:.2rem .25rem;border-radius:.25rem;text-decoration:none;color:inherit;font-size:.875rem;overflow-wrap:anywhere}
nav a:hover{text-decoration:underline}
nav .group{font-weight:600;margin-top:.75rem}
nav details ul{max-height:16rem;overflow-y:auto}
nav details{background:var(--paper);border:1px solid var(--line);border-radius:.5rem;padding:.625rem .875rem}
nav summary{cursor:pointer;font-weight:600}
article{background:var(--paper);border:1px solid var(--line);border-radius:.75rem;padding:1rem 1.25rem;margin:0 0 1.25rem}
article:target{border-color:var(--brand)}
article h3 a{color:inherit;text-decoration:none}
article h3 a:hover{text-decoration:underline}
.method{display:inline-block;flex:none;min-width:3.25rem;font-family:ui-monospace,Menlo,Consolas,monospace;font-weight:700;font-size:.875em}
.get{color:var(--get)}.post{color:var(--post)}.put{color:var(--put)}
.members{list-style:none;margin:.25rem 0 0;padding:0}
.members .members{border-left:2px solid var(--line);padding-left:.875rem;margin:.25rem 0 .25rem .25rem}
.members>li{padding:.3rem 0;border-top:1px solid var(--line)}
.members>li:first-child{border-top:0}
.name{font-weight:600;background:none;padding:0}
.need{color:var(--need);font-size:.8125rem}
.rule{color:var(--soft);font-size:.875rem;font-weight:400;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-top:1px solid var(--line)}
th{font-weight:600}
td code{white-space:nowrap}
.scroll{overflow-x:auto}
summary{cursor:pointer}
:focus-visible{outline:3px solid #e08600;outline-offset:2px}
.skip{position:absolute;left:-999rem}
.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem}
@media(min-width:62rem){.with-nav{display:grid;grid-template-columns:19rem minmax(0,1fr);gap:2.5rem;align-items:start}
.with-nav nav{position:sticky;top:1rem}
.with-nav nav ul{max-height:calc(100vh - 6rem)}}
`;

const POLICY = `default-src 'none'; style-src ${styleSource(CSS)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export const pageHeaders = { ...safePageHeaders, 'content-security-policy': POLICY };

/** Words in both languages, Vietnamese first. The page's language is English, so the Vietnamese is marked. */
export const both = (vi: string, en: string): string =>
  `<span lang="vi">${escaped(vi)}</span> <span class="other">${escaped(en)}</span>`;

/** Text in which what stands between backquotes is code. */
export const marked = (text: string): string => escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>');

/** A whole page. `body` is HTML; `title` is text. */
export const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${CSS}</style>
</head>
<body>
${body}
</body>
</html>
`;
