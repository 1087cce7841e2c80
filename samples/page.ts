// The start page: the template index.html, filled with one card per sample.

import type { Check, Sample } from './checks.js';

const PLACE = /<!-- programs: .*? -->/;

/**
 * @param template the text of samples/index.html
 * @param configurationOf the text of a sample's httpd.conf, by the sample's name
 * @returns the page; texts are escaped
 * @throws Error when the template has no place for the programs
 */
export function renderPage(
  template: string,
  samples: readonly Sample[],
  configurationOf: (name: string) => string,
): string {
  if (!PLACE.test(template)) throw new Error('index.html has no place for the programs');
  const cards = samples.map((sample) => renderCard(sample, configurationOf(sample.name)));
  // A function, because `$` in a replacement text has a meaning.
  return template.replace(PLACE, () => cards.join('\n'));
}

function renderCard(sample: Sample, configuration: string): string {
  const links = sample.checks.map(renderLink).join('');
  const source = `/source/${sample.name}/${sample.source}`;
  return `<section class="program" id="${sample.name}">
<h2>${escapeHtml(sample.title)}</h2>
<p class="language">${escapeHtml(sample.language)}</p>
<p>${escapeHtml(sample.about)}</p>
<ul class="try">${links}</ul>
<details><summary>Configuration and source</summary>
<pre>${escapeHtml(configuration)}</pre>
<p><a href="${source}">${escapeHtml(sample.source)}</a></p></details>
</section>`;
}

function renderLink({ link, path }: Check): string {
  return link === undefined ? '' : `<li><a href="${escapeHtml(path)}">${escapeHtml(link)}</a></li>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
