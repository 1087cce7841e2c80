// A sample's README.md as HTML. It is written in paragraphs, one list and one ```sh block, with
// `code` and links in them; a spec holds the files to that.

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** The text as it may stand in HTML, in an attribute too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

/**
 * @param markdown the text of a README.md
 * @param linkOf where a relative link leads to
 * @returns its HTML without the heading
 */
export function renderReadme(markdown: string, linkOf: (path: string) => string): string {
  const [text = '', commands] = markdown.split(/^```sh\n|^```\n*$/m);
  const blocks = text.trim().split(/\n{2,}/);
  const html = blocks.map((block) => {
    if (block.startsWith('# ')) return '';
    if (!block.startsWith('- ')) return `<p>${renderInline(block, linkOf)}</p>\n`;
    const items = block.slice(2).split(/\n- /);
    return `<ul>${items.map((item) => `<li>${renderInline(item, linkOf)}`).join('')}</ul>\n`;
  });
  const shown = commands === undefined ? '' : `<pre>${escapeHtml(commands.trim())}</pre>\n`;
  return html.join('') + shown;
}

function renderInline(text: string, linkOf: (path: string) => string): string {
  return escapeHtml(text)
    .split(/(`[^`]+`|\[[^\]]+\]\([^)]+\))/)
    .map((part) => {
      if (part.startsWith('`')) return `<code>${part.slice(1, -1)}</code>`;
      const [, words, path] = /^\[(.+)\]\((.+)\)$/.exec(part) ?? [];
      return path === undefined ? part : `<a href="${linkOf(path)}">${words}</a>`;
    })
    .join('');
}
