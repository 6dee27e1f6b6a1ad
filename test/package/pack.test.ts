/** The packed package, as the registry would hold it: linted, and installed into an empty project and used there. */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import { ROOT } from '../tidy/source-files.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-package-'));
const project = join(folder, 'project');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string; files: string[]; devDependencies: Record<string, string> };
let tarball = '';
let packedFiles: string[] = [];
let installed = false;

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, without what npm and vitest told this process through its environment. */
async function ended(cwd: string, program: string, ...args: string[]): Promise<Ended> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS$|VITEST)/.test(name)));
  try {
    return { code: 0, ...(await promisify(execFile)(program, args, { cwd, env: { ...env, NO_COLOR: '1' }, timeout: 110_000, maxBuffer: 1 << 26 })) };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: unknown; stdout: string; stderr: string };
    return { code: typeof code === 'number' ? code : -1, stdout, stderr };
  }
}

/** The same, for what must succeed. Returns its stdout. */
async function output(cwd: string, program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ended(cwd, program, ...args);
  expect({ code, stderr: code === 0 ? '' : stderr, stdout: code === 0 ? '' : stdout }).toEqual({ code: 0, stderr: '', stdout: '' });
  return stdout;
}

const tool = (name: string): string => join(ROOT, 'node_modules/.bin', name);

function needsInstallation(context: TestContext): void {
  if (!installed) context.skip('the npm registry cannot be reached');
}

beforeAll(async () => {
  // `npm test` has built just before. The scripts would build again, under the feet of other tests.
  const [packed] = JSON.parse(await output(ROOT, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder)) as { filename: string; files: { path: string }[] }[];
  packedFiles = packed.files.map(({ path }) => path);
  tarball = join(folder, packed.filename);

  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }\n');
  const types = `@types/node@${manifest.devDependencies['@types/node']}`;
  const { code, stderr } = await ended(project, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', tarball, types);
  installed = code === 0;
  const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH|ECONNRESET/.test(stderr);
  if (!installed && !unreachable) throw new Error(`npm install failed: ${stderr}`);
  if (!installed) console.warn('skipped: the packed package is not installed, because the npm registry cannot be reached');
}, 120_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the tarball', () => {
  it('is clean by publint', async () => {
    expect(await output(ROOT, tool('publint'), 'run', tarball, '--strict')).toContain('All good!');
  });

  it('has every file that its pages link to', () => {
    const pages = packedFiles.filter((path) => path.endsWith('.md'));
    expect(pages).toContain('README.md');
    const isThere = (path: string): boolean => packedFiles.some((file) => file === path || file.startsWith(`${path}/`));
    const broken = pages.flatMap((page) => {
      const prose = readFileSync(join(ROOT, page), 'utf8').replace(/```[^]*?```/g, '');
      const targets = [...prose.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)].map(([, target]) => target).filter((target) => !/^\w+:/.test(target));
      return targets.filter((target) => !isThere(normalize(join(dirname(page), target)).replace(/\/$/, ''))).map((target) => `${page}: ${target}`);
    });
    expect(broken).toEqual([]);
  });

  it('has types that resolve, by attw', async () => {
    await output(ROOT, tool('attw'), tarball, '--profile', 'esm-only');
  }, 120_000);
});

describe('the package in an empty project', () => {
  it('has the files that it names', (context) => {
    needsInstallation(context);
    expect(manifest.files.filter((name) => existsSync(join(ROOT, name)) && !existsSync(join(project, 'node_modules/millrace', name)))).toEqual([]);
  });

  it('type-checks what uses it, strictly, its own types too', (context) => {
    needsInstallation(context);
    copyFileSync(join(ROOT, 'test/package/consumer.ts'), join(project, 'consumer.ts'));
    const program = ts.createProgram([join(project, 'consumer.ts')], {
      strict: true,
      exactOptionalPropertyTypes: true,
      noPropertyAccessFromIndexSignature: true,
      skipLibCheck: false,
      module: ts.ModuleKind.NodeNext,
      target: ts.ScriptTarget.ES2023,
      lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
      types: ['node'],
      typeRoots: [join(project, 'node_modules/@types')],
    });
    // What it uses of others, Node's types and zod's, is not ours to check.
    const ours = program.getSourceFiles().filter(({ fileName }) => fileName.endsWith('/consumer.ts') || fileName.includes('/node_modules/millrace/'));
    expect(ours.length).toBeGreaterThan(50);
    const found = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics(), ...ours.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])];
    const problems = found.map(({ file, messageText }) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
    expect(problems).toEqual([]);
    program.emit();
  });

  it('runs a network function of the project’s own', async (context) => {
    needsInstallation(context);
    expect(JSON.parse(await output(project, process.execPath, 'consumer.js'))).toEqual({ reason: 'even', transmitted: 500, drops: { even: 500 }, copied: 0, seen: 1000 });
  });

  it('runs its examples', async (context) => {
    needsInstallation(context);
    expect(await output(project, process.execPath, 'node_modules/millrace/examples/single-file/main.js')).toContain('5000 of 10000');
  });

  it('has a command line that says its version', async (context) => {
    needsInstallation(context);
    expect((await output(project, 'npx', '--no-install', 'millrace', '--version')).trim()).toBe(manifest.version);
  });

  it('has a demo, which writes what it translated into the working directory', async (context) => {
    needsInstallation(context);
    const report = JSON.parse(await output(project, 'npx', '--no-install', 'millrace', 'demo', '--json')) as { ledger: { balanced: boolean }; bytesCopied: number };
    expect(report).toMatchObject({ ledger: { balanced: true }, bytesCopied: 0 });
    for (const side of ['inside', 'outside']) expect(existsSync(join(project, `out/${side}.pcapng`))).toBe(true);
  });
});
