/**
 * A folder for what tests write, given to every test process by its environment and removed when all of them are done: files
 * that share a process have no end of their own at which a shared module could remove it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NAME = 'MILLRACE_TEST_FOLDER';

/** Runs once, in the process that starts the others. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  process.env[NAME] = folder;
  return () => { rmSync(folder, { recursive: true, force: true }); };
}

/** A new folder in it. */
export function folderFor(what: string): string {
  return mkdtempSync(join(process.env[NAME] ?? tmpdir(), `${what}-`));
}
