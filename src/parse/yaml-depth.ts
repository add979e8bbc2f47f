import type { CST } from 'yaml';

/**
 * Whether YAML tokens nest deeper than so many levels. It walks with a list of its own: the
 * composer recurses, and a prompt of ten thousand `[` must not decide how deep.
 */
export function nestsDeeperThan(tokens: readonly CST.Token[], limit: number): boolean {
  const todo: { token: CST.Token; depth: number }[] = [];
  const visit = (token: CST.Token | null | undefined, depth: number): void => {
    if (token !== null && token !== undefined) {
      todo.push({ token, depth });
    }
  };
  for (const token of tokens) {
    visit(token, 0);
  }
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const { token, depth } = next;
    if (depth > limit) {
      return true;
    }
    if (token.type === 'document') {
      visit(token.value, depth);
    }
    for (const item of itemsOf(token)) {
      visit(item.key, depth + 1);
      visit(item.value, depth + 1);
    }
  }
  return false;
}

function itemsOf(token: CST.Token): readonly CST.CollectionItem[] {
  const isCollection =
    token.type === 'block-map' || token.type === 'block-seq' || token.type === 'flow-collection';
  return isCollection ? token.items : [];
}
