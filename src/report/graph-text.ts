/** A graph as it is drawn. */
export interface DrawnGraph {
  readonly roots: readonly string[];
  readonly nodes: readonly {
    readonly name: string;
    readonly kind: 'element' | 'name';
    readonly needs: readonly string[];
    readonly providedBy: readonly string[];
  }[];
}

/** Forms in which a graph can be written. */
export const GRAPH_FORMATS = ['text', 'dot', 'mermaid', 'json'] as const;
export type GraphFormat = (typeof GRAPH_FORMATS)[number];

/** Writes a graph; the text ends with a line end. */
export function graphText(graph: DrawnGraph, format: GraphFormat): string {
  switch (format) {
    case 'text':
      return treeText(graph);
    case 'dot':
      return dotText(graph);
    case 'mermaid':
      return mermaidText(graph);
    case 'json':
      return `${JSON.stringify(graph, undefined, 2)}\n`;
    default:
      return format satisfies never;
  }
}

/** What a name is beside an element with needs, in brackets. */
function remark({ kind, providedBy }: DrawnGraph['nodes'][number]): string {
  if (providedBy.length > 0) return `  (provided by ${providedBy.join(', ')})`;
  return kind === 'name' ? '  (no element; another one has to provide it)' : '';
}

/** Each element is opened once, where it stands first; `…` stands for what is shown there. */
function treeText({ roots, nodes }: DrawnGraph): string {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const opened = new Set<string>();
  const lines: string[] = [];
  const draw = (name: string, head: string, indent: string): void => {
    const node = byName.get(name);
    if (node === undefined) return;
    const isAgain = opened.has(name) && node.needs.length > 0;
    lines.push(`${head}${name}${isAgain ? ' …' : ''}${remark(node)}`);
    if (opened.has(name)) return;
    opened.add(name);
    for (const [index, need] of node.needs.entries()) {
      const isLast = index === node.needs.length - 1;
      draw(need, `${indent}${isLast ? '└── ' : '├── '}`, `${indent}${isLast ? '    ' : '│   '}`);
    }
  };
  for (const root of roots) draw(root, '', '');
  return `${lines.join('\n')}\n`;
}

/** @see https://graphviz.org/doc/info/lang.html */
function dotText({ nodes }: DrawnGraph): string {
  const quoted = (name: string): string => `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const lines = nodes.flatMap(({ name, kind, needs, providedBy }) => [
    `  ${quoted(name)}${kind === 'name' ? ' [style=dashed]' : ''};`,
    ...needs.map((need) => `  ${quoted(name)} -> ${quoted(need)};`),
    ...providedBy.map((provider) => `  ${quoted(provider)} -> ${quoted(name)} [style=dashed, label=provides];`),
  ]);
  return ['digraph elements {', '  node [shape=box];', ...lines, '}', ''].join('\n');
}

/** Names may be words of Mermaid's own, so that nodes have numbers. */
function mermaidText({ nodes }: DrawnGraph): string {
  const ids = new Map(nodes.map(({ name }, index) => [name, `n${index}`]));
  const idOf = (name: string): string => ids.get(name) ?? name;
  const lines = nodes.flatMap(({ name, kind, needs, providedBy }) => [
    `  ${idOf(name)}${kind === 'name' ? `(["${name}"])` : `["${name}"]`}`,
    ...needs.map((need) => `  ${idOf(name)} --> ${idOf(need)}`),
    ...providedBy.map((provider) => `  ${idOf(provider)} -. provides .-> ${idOf(name)}`),
  ]);
  return ['graph LR', ...lines, ''].join('\n');
}
