/** Classes in groups of groups, and the cuts through them that a matrix can show. */

/** A tree as a source sends it; see docs/http-api.md. */
export interface ClassTree {
  classes: string[];
  groups: string[];
  /** For each class, then for each group, the index of the group that it is in; -1 for none. */
  parents: number[];
}

/** A class, or a group and its members; the top is a group without a name. */
export interface TreeNode {
  name: string;
  /** Empty for a class. */
  members: TreeNode[];
  parent: TreeNode | null;
  /** The number of its classes. */
  size: number;
  /** The number of groups around it, without the top. */
  depth: number;
}

/** An open group: its rows [from, to), and the number of open groups around it. */
export interface Bracket {
  node: TreeNode;
  from: number;
  to: number;
  level: number;
}

/**
 * The top of the tree of the shown classes. Members of a group stand in the order of their first
 * classes; a group of one shown member is that member; a group that holds all is the top; classes
 * that the tree lacks are at the top.
 *
 * @param shown class names in order
 */
export function buildTree(
  { classes, groups, parents }: ClassTree,
  shown: readonly string[],
): TreeNode {
  const top = nodeOf("");
  const nodes = groups.map(nodeOf);
  const groupOf = new Map(classes.map((name, index) => [name, parents[index]]));
  const parentOf = (index: number | undefined) => nodes[index ?? -1] ?? top;
  const leaves = shown.map(nodeOf);
  for (const leaf of leaves) {
    let index = groupOf.get(leaf.name);
    let node = leaf;
    while (node !== top && !node.parent) {
      node.parent = parentOf(index);
      node.parent.members.push(node);
      node = node.parent;
      index = parents[classes.length + (index ?? -1)];
    }
  }
  // A group comes after the one around it.
  for (const node of nodes.toReversed()) {
    if (node.members.length !== 1) node.size = sizeOf(node);
    else {
      const [only] = node.members;
      only.parent = node.parent;
      node.parent!.members[node.parent!.members.indexOf(node)] = only;
    }
  }
  // A group of all classes would be the only row.
  while (top.members.length === 1 && isGroup(top.members[0])) {
    top.members = top.members[0].members;
    for (const member of top.members) member.parent = top;
  }
  for (const node of [...nodes, ...leaves])
    if (node.parent?.members.includes(node))
      node.depth = node.parent === top ? 0 : node.parent.depth + 1;
  top.size = sizeOf(top);
  return top;
}

function nodeOf(name: string): TreeNode {
  return { name, members: [], parent: null, size: 1, depth: 0 };
}

function sizeOf({ members }: TreeNode): number {
  return members.reduce((sum, { size }) => sum + size, 0);
}

export function isGroup({ members }: TreeNode): boolean {
  return members.length > 0;
}

/** All nodes below one, each before its members. */
export function* nodesOf(root: TreeNode): Iterable<TreeNode> {
  const waiting = root.members.toReversed();
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    yield node;
    for (let i = node.members.length - 1; i >= 0; i--) waiting.push(node.members[i]);
  }
}

/** The names of a node's classes. */
export function classesOf(node: TreeNode): string[] {
  if (!isGroup(node)) return [node.name];
  return [...nodesOf(node)].filter((one) => !isGroup(one)).map(({ name }) => name);
}

/** The groups around a node, the outermost first, without the top. */
export function pathTo(node: TreeNode): TreeNode[] {
  const path: TreeNode[] = [];
  for (let group = node.parent; group?.parent; group = group.parent) path.unshift(group);
  return path;
}

/** The rows of a matrix for a group: all classes and groups that are not in a closed group, in order. */
export function cutOf(root: TreeNode, opened: ReadonlySet<string>): TreeNode[] {
  const rows: TreeNode[] = [];
  const waiting = root.members.toReversed();
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (!isGroup(node) || !opened.has(node.name)) rows.push(node);
    else for (let i = node.members.length - 1; i >= 0; i--) waiting.push(node.members[i]);
  }
  return rows;
}

/** The groups to open so that a number of rows is not exceeded: those with the most classes first. */
export function openedToFit(root: TreeNode, most: number): string[] {
  const opened: string[] = [];
  const closed = root.members.filter(isGroup);
  let rows = root.members.length;
  for (;;) {
    let largest = -1;
    closed.forEach((node, i) => {
      if (
        rows - 1 + node.members.length <= most &&
        (largest < 0 || node.size > closed[largest].size)
      )
        largest = i;
    });
    if (largest < 0) return opened;
    const [node] = closed.splice(largest, 1);
    opened.push(node.name);
    rows += node.members.length - 1;
    closed.push(...node.members.filter(isGroup));
  }
}

/** The groups to open to see everything down to a level: 0 opens none. */
export function openedTo(root: TreeNode, level: number): string[] {
  const base = root.parent ? root.depth + 1 : 0;
  return [...nodesOf(root)]
    .filter((node) => isGroup(node) && node.depth - base < level)
    .map(({ name }) => name);
}

/** How many levels can be opened below a node: 0 if it has only classes. */
export function levelsOf(root: TreeNode): number {
  const base = root.parent ? root.depth + 1 : 0;
  let levels = 0;
  for (const node of nodesOf(root))
    if (isGroup(node)) levels = Math.max(levels, node.depth - base + 1);
  return levels;
}

/** The open groups around the rows of a cut below a node, outer ones first. */
export function bracketsOf(root: TreeNode, rows: readonly TreeNode[]): Bracket[] {
  const found = new Map<TreeNode, Bracket>();
  const base = root.parent ? root.depth + 1 : 0;
  rows.forEach((row, at) => {
    for (let node = row.parent; node && node !== root; node = node.parent) {
      const known = found.get(node);
      if (known) known.to = at + 1;
      else found.set(node, { node, from: at, to: at + 1, level: node.depth - base });
    }
  });
  return [...found.values()].sort((a, b) => a.level - b.level || a.from - b.from);
}
