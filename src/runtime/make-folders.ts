/** Makes the folders of the files that a run writes. Main thread, at start. */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigurationError, type Problem } from './problems.js';

export interface Written {
  /** Absolute. */
  readonly file: string;
  /** Where it was asked for. */
  readonly place: string;
}

/** @throws ConfigurationError for every file whose folder cannot be made. */
export async function makeFolders(files: readonly Written[]): Promise<void> {
  const problems: Problem[] = [];
  for (const { file, place } of files) {
    try {
      await makeFolder(dirname(file));
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      const message = `the folder of ${file} is not there and cannot be made (${code ?? String(cause)})`;
      problems.push({ code: 'write-impossible', place, found: file, expected: 'a place for a file', message });
    }
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
}

/** One level at a time: Node's recursive form never comes back where a file system refuses with ENOENT, as /proc does. */
async function makeFolder(path: string): Promise<void> {
  if (await isFolder(path)) return;
  if (dirname(path) !== path) await makeFolder(dirname(path));
  await mkdir(path).catch(async (error: unknown) => {
    // Another program may have been faster.
    if (!(await isFolder(path))) throw error;
  });
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), () => false);
}
