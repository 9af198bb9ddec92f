import type { Catalogue, CatalogueOption } from '../catalogue-types.ts';

/** A place in the tree of commands: the words typed so far and what may follow. */
export type TreeNode = {
  /** `''` at the root, `runs list` below. */
  readonly path: string;
  readonly words: readonly { readonly word: string; readonly description: string }[];
  readonly options: readonly CatalogueOption[];
};

/** The options, anywhere in the tree, that are followed by a value. */
export function valuedOptions(nodes: readonly TreeNode[]): readonly string[] {
  const valued = nodes.flatMap((node) => node.options.filter((option) => option.takesValue));
  return [...new Set(valued.flatMap((option) => option.names))];
}

/** The shell command that lists what may follow `--profile`. */
export const profileNames = 'drover list-profiles --names 2>/dev/null';

/** Every place in the tree, root first. Spellings such as `--version` are no places. */
export function treeOf(catalogue: Catalogue): readonly TreeNode[] {
  const nodes = new Map<string, { words: Map<string, string>; options: readonly CatalogueOption[] }>();
  const nodeAt = (path: string) => {
    const node = nodes.get(path) ?? { words: new Map<string, string>(), options: [] };
    nodes.set(path, node);
    return node;
  };
  nodeAt('');
  for (const entry of catalogue) {
    for (const path of [entry.path, ...entry.aliases]) {
      if (path[0]?.startsWith('-')) continue;
      for (const [index, word] of path.entries()) {
        const { words } = nodeAt(path.slice(0, index).join(' '));
        const isLast = index === path.length - 1;
        if (isLast || !words.has(word)) words.set(word, isLast ? entry.description : groupText(word));
      }
      nodeAt(path.join(' ')).options = entry.options;
    }
  }
  return [...nodes].map(([path, { words, options }]) => ({
    path,
    words: [...words].map(([word, description]) => ({ word, description })),
    options,
  }));
}

function groupText(word: string): string {
  return `commands of ${word === 'd' ? 'daemon' : word}`;
}
