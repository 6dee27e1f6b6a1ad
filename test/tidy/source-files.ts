/** What the tests that read the code share: the files of the repository, and TypeScript's view of those in src. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Made by tools, and no part of the repository. */
const GENERATED = new Set(['node_modules', 'dist', 'out', 'coverage', '.git', 'docs/api']);

/** Paths of all files of the repository, relative to it. */
export function repositoryFiles(folder = ''): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (GENERATED.has(entry.name) || GENERATED.has(path) || path.endsWith('.tgz')) return [];
    return entry.isDirectory() ? repositoryFiles(path) : [path];
  });
}

export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

export interface SourceFile {
  /** As `src/ring/spsc-ring.ts`. */
  path: string;
  text: string;
  tree: ts.SourceFile;
}

/** Every TypeScript file of src. */
export const SOURCE: readonly SourceFile[] = repositoryFiles('src')
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = read(path);
    return { path, text, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true) };
  });

/** Calls `visit` for a node and all below it; `visit` returns false to stay out of a node. */
export function walk(node: ts.Node, visit: (node: ts.Node) => boolean | undefined): void {
  if (visit(node) === false) return;
  node.forEachChild((child) => walk(child, visit));
}

export function lineOf({ tree }: SourceFile, node: ts.Node): number {
  return tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1;
}

export interface Import {
  from: string;
  /** Path of the imported file in the repository, as `src/ring/doorbell.ts`. */
  to: string;
  typeOnly: boolean;
}

/** Imports, re-exports and dynamic imports of the project's own files. */
export function importsOf({ path, tree }: SourceFile): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node, typeOnly: boolean): void => {
    if (!ts.isStringLiteral(specifier) || !specifier.text.startsWith('.')) return;
    found.push({ from: path, to: normalize(join(dirname(path), specifier.text)).replace(/\.js$/, '.ts'), typeOnly });
  };
  walk(tree, (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], false);
    return undefined;
  });
  return found;
}
