/**
 * What the pages show works. Every complete block of TypeScript in README.md and docs (it begins with an import)
 * type-checks; those after a line `<!-- run -->` are run too, from the repository's root. A line `<!-- file: name.js -->`
 * or `<!-- run: name.js -->` gives the block a name by which other blocks of its page can import it.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { beforeAll, describe, expect, it } from 'vitest';
import { ROOT, read, repositoryFiles } from './source-files.js';

// Inside the repository, as TypeScript to check and as JavaScript to run, so that 'millrace' is this package and its dependencies are at hand.
const FOLDER = join(ROOT, 'out/snippets');

/** What `tsc --init` writes into a new project, and what it proposes there: whoever copies a block may have it all. */
const STRICTEST = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  verbatimModuleSyntax: true,
  isolatedModules: true,
  noUncheckedSideEffectImports: true,
  noImplicitReturns: true,
  noImplicitOverride: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  noFallthroughCasesInSwitch: true,
  noPropertyAccessFromIndexSignature: true,
  erasableSyntaxOnly: true,
};

interface Snippet {
  /** Page and line. */
  at: string;
  file: string;
  code: string;
  runs: boolean;
}

function snippetsOf(page: string): Snippet[] {
  const text = read(page);
  const folder = join(FOLDER, page.replace(/\W/g, '-'));
  return [...text.matchAll(/^(?:<!-- (run|file)(?:: (\S+)\.[jt]s)? -->\n+)?```ts\n([^]*?)^```$/gm)]
    .filter(([, , , code]) => code.startsWith('import '))
    .map((found) => {
      const [, comment, name, code] = found as (string | undefined)[];
      const line = text.slice(0, found.index).split('\n').length;
      return { at: `${page}:${line}`, file: join(folder, `${name ?? `line-${line}`}.ts`), code: code ?? '', runs: comment === 'run' };
    });
}

const pages = repositoryFiles().filter((path) => /^([A-Z]+|docs\/[^/]+|examples\/.+|src\/.+)\.md$/.test(path));
const snippets = pages.flatMap(snippetsOf);

beforeAll(() => {
  rmSync(FOLDER, { recursive: true, force: true });
  for (const { file, code } of snippets) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, code);
    writeFileSync(file.replace(/\.ts$/, '.js'), ts.transpile(code, { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true }));
  }
});

describe('blocks of TypeScript in the pages', () => {
  it('type-check', () => {
    const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as { config: { compilerOptions: object } };
    const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, ...STRICTEST, noEmit: true }, ROOT);
    const program = ts.createProgram(snippets.map(({ file }) => file), options);
    const problems = ts.getPreEmitDiagnostics(program).map((problem) => {
      const snippet = snippets.find(({ file }) => file === problem.file?.fileName);
      const line = problem.file === undefined ? 0 : problem.file.getLineAndCharacterOfPosition(problem.start ?? 0).line + 1;
      return `${snippet?.at ?? 'program'}, line ${line} of the block: ${ts.flattenDiagnosticMessageText(problem.messageText, '\n')}`;
    });
    expect(problems).toEqual([]);
  });

  for (const { at, file } of snippets.filter(({ runs }) => runs)) {
    it(`${at} runs`, async () => {
      const { stderr } = await promisify(execFile)(process.execPath, [file.replace(/\.ts$/, '.js')], { cwd: ROOT, timeout: 50_000 });
      expect(stderr).toBe('');
    });
  }
});
