/** Builds the references in C, where there is a compiler, into a temporary folder that goes when the process does. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NotHere } from '../sample.js';

const COMPILERS = ['cc', 'gcc', 'clang'];
const built = new Map<string, string>();
let folder: string | null = null;

function temporaryFolder(): string {
  if (folder !== null) return folder;
  const made = mkdtempSync(join(tmpdir(), 'millrace-bench-native-'));
  process.once('exit', () => {
    rmSync(made, { recursive: true, force: true });
  });
  folder = made;
  return made;
}

/** @param as name of the program, where one source is built in several ways. @returns the path of the program. @throws NotHere without a compiler, or when it refuses. */
export function compile(name: string, flags: readonly string[] = [], as = name): string {
  const known = built.get(as);
  if (known !== undefined) return known;
  const source = join(temporaryFolder(), `${as}.c`);
  const program = join(temporaryFolder(), as);
  // In the repository and in the package alike, the C sources lie in `bench/native/`, beside `dist/`.
  try {
    writeFileSync(source, readFileSync(new URL(`../../bench/native/${name}.c`, import.meta.url)));
  } catch (error) {
    throw new NotHere(`the source of ${name}.c cannot be read: ${(error as Error).message}`);
  }
  const tried: string[] = [];
  for (const compiler of COMPILERS) {
    try {
      execFileSync(compiler, ['-O3', '-march=native', '-std=gnu11', '-pthread', '-o', program, source, ...flags], { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
      built.set(as, program);
      return program;
    } catch (error) {
      const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
      tried.push(`${compiler}: ${code === 'ENOENT' ? 'not found' : (stderr.split('\n').find((line) => line.includes('error')) ?? 'refused')}`);
    }
  }
  throw new NotHere(`no C compiler could build ${name}.c (${tried.join('; ')})`);
}
