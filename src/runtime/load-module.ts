/** Imports the module of a network function, and says what to do where it cannot be. Main thread. */
import { allowTypeScript } from '../vm/typescript-loader.js';
import { inTime } from './in-time.js';
import { reasonOf } from './prepare-use.js';

/** @param url of a module. @param limitMs how long it may take. TypeScript is read by the `tsx` that is installed beside it, else by Node itself, where that can. */
export async function importModule(url: string, limitMs: number): Promise<object> {
  await allowTypeScript(url);
  return inTime(import(url) as Promise<object>, limitMs);
}

const INSTALL = 'npm install --save-dev tsx';
/** What Node 22.18 and newer leave to others: enums, parameter properties and the like, and packages' own TypeScript. */
const LEFT_TO_OTHERS = /^ERR_(UNKNOWN_FILE_EXTENSION|UNSUPPORTED_TYPESCRIPT_SYNTAX|UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING)$/;

/** @param module its name or URL. @param expected what is expected of a module that is no TypeScript. */
export function whyUnloadable(module: string, cause: unknown, expected: string): { found: string; expected: string } {
  // A module may throw anything.
  const code = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? '') : '';
  if (!/\.[cm]?tsx?$/.test(module)) return { found: reasonOf(cause), expected };
  if (code === 'ERR_MODULE_NOT_FOUND') return { found: reasonOf(cause), expected: `what it imports; tsx beside it (${INSTALL}) finds a .ts file behind a .js name` };
  if (!LEFT_TO_OTHERS.test(code)) return { found: reasonOf(cause), expected };
  const isOld = code === 'ERR_UNKNOWN_FILE_EXTENSION';
  return {
    found: isOld ? `TypeScript, which Node ${process.versions.node} does not read by itself` : reasonOf(cause),
    expected: `tsx beside it (${INSTALL}), or the module compiled to JavaScript${isOld ? ', or Node 22.18 or newer' : ''}`,
  };
}
