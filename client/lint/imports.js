/** ESLint rules for imports: they run one way between folders, and never in a circle. Types count too. */

import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, relative, resolve, sep } from "node:path";
import ts from "typescript";

const ROOT = resolve(import.meta.dirname, "../src");

/** What the files of each folder may import from, beside their own folder. */
const BELOW = {
  compute: [],
  source: ["compute"],
  plots: ["compute"],
  state: ["compute", "source", "plots"],
  views: ["compute", "source", "plots", "state"],
  hosts: ["compute", "source", "plots", "state", "views"],
};

const oneWay = {
  meta: { type: "problem", schema: [] },
  create: (context) =>
    onImport(context, (file, node) => {
      const [from, to] = [folderOf(context.filename), folderOf(file)];
      if (!(from in BELOW) || from === to || BELOW[from].includes(to)) return;
      const below = BELOW[from].join(", ") || "no other folder";
      context.report({ node, message: `${from}/ imports from ${below}, not from ${to}/.` });
    }),
};

const noCircle = {
  meta: { type: "problem", schema: [] },
  create: (context) =>
    onImport(context, (file, node) => {
      const path = pathBetween(file, context.filename);
      if (!path) return;
      const names = [context.filename, ...path].map((one) => relative(ROOT, one));
      context.report({ node, message: `Imports run in a circle: ${names.join(" → ")}.` });
    }),
};

export default { rules: { "one-way": oneWay, "no-circle": noCircle } };

/** Calls back for each import of a file of the client, static, dynamic or of a type. */
function onImport(context, call) {
  const visit = (node) => {
    const file = node.source && resolveImport(context.filename, node.source.value);
    if (file) call(file, node);
  };
  return {
    ImportDeclaration: visit,
    ImportExpression: visit,
    TSImportType: visit,
    ExportNamedDeclaration: visit,
    ExportAllDeclaration: visit,
  };
}

/** The first folder below src/. */
function folderOf(file) {
  return relative(ROOT, file).split(sep)[0];
}

/** The files along which one imports another, both included; null: it does not. */
function pathBetween(from, to) {
  const cameFrom = new Map([[from, null]]);
  const waiting = [from];
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (file === to) {
      const path = [];
      for (let at = file; at; at = cameFrom.get(at)) path.unshift(at);
      return path;
    }
    for (const next of importsOf(file)) {
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      waiting.push(next);
    }
  }
  return null;
}

const known = new Map();

/** The client's files that a file imports. */
function importsOf(file) {
  const changed = statSync(file).mtimeMs;
  const kept = known.get(file);
  if (kept?.changed === changed) return kept.imports;
  const text = readFileSync(file, "utf8");
  const script = file.endsWith(".svelte")
    ? Array.from(text.matchAll(/<script[^>]*>(.*?)<\/script>/gs), ([, inner]) => inner).join("\n")
    : text;
  const imports = ts
    .preProcessFile(script, true, true)
    .importedFiles.map(({ fileName }) => resolveImport(file, fileName))
    .filter((one) => one !== null);
  known.set(file, { changed, imports });
  return imports;
}

/** The file that an import means; null for a package, a style sheet and the like. */
function resolveImport(file, name) {
  if (typeof name !== "string" || !name.startsWith(".")) return null;
  const path = resolve(dirname(file), name);
  const candidates = [path, `${path}.ts`].filter((one) => /\.(ts|svelte)$/.test(one));
  return candidates.find((one) => existsSync(one)) ?? null;
}
