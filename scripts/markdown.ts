/** A generated page. */
export function page(title: string, blocks: readonly string[]): string {
  return `${[`# ${title}`, '<!-- Made from the code by npm run docs. -->', ...blocks].join('\n\n')}\n`;
}

/** A table of Markdown; cells that are undefined are empty. */
export function table(head: readonly string[], rows: readonly (readonly (string | undefined)[])[]): string {
  const line = (cells: readonly (string | undefined)[]): string =>
    `| ${cells.map((cell) => (cell ?? '').replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A span of code. */
export function code(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `\`${text}\``;
}
