// The start page, the template index.html filled with one card per sample, and a page about each.

import { escapeHtml, renderReadme } from './readme.js';
import type { Check, Sample } from './sample.js';

const PLACE = /<!-- programs: .*? -->/;

/**
 * @param template the text of samples/index.html
 * @returns the page; texts are escaped
 * @throws Error when the template has no place for the programs
 */
export function renderPage(template: string, samples: readonly Sample[]): string {
  if (!PLACE.test(template)) throw new Error('index.html has no place for the programs');
  // A function, because `$` in a replacement text has a meaning.
  return template.replace(PLACE, () => samples.map(renderCard).join('\n'));
}

/**
 * The page about one sample: what it shows, a request to try, its whole configuration, its source.
 * @param read the text of a file of the sample's folder
 */
export function renderAbout(sample: Sample, read: (file: string) => string): string {
  const folder = `/source/${sample.name}`;
  const title = escapeHtml(sample.title);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<link rel="stylesheet" href="/style.css">
<p><a href="/">All programs</a></p>
<h1>${title}</h1>
<p class="language">${escapeHtml(sample.language)}</p>
${renderReadme(read('README.md'), (path) => `${folder}/${path}`)}
<ul class="try">${sample.checks.map(renderLink).join('')}</ul>
<h2>Its whole configuration</h2>
<pre>${escapeHtml(read('httpd.conf'))}</pre>
<h2><a href="${folder}/${sample.source}">${escapeHtml(sample.source)}</a></h2>
<pre>${escapeHtml(read(sample.source))}</pre>
</html>
`;
}

function renderCard(sample: Sample): string {
  return `<section class="program" id="${sample.name}">
<h2>${escapeHtml(sample.title)}</h2>
<p class="language">${escapeHtml(sample.language)}</p>
<p>${escapeHtml(sample.about)}</p>
<ul class="try">${sample.checks.map(renderLink).join('')}</ul>
<p class="more"><a href="/about/${sample.name}.html">Configuration and source</a></p>
</section>`;
}

function renderLink({ link, path }: Check): string {
  return link === undefined ? '' : `<li><a href="${escapeHtml(path)}">${escapeHtml(link)}</a></li>`;
}
