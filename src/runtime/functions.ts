/** Finds network functions: the stock ones by name, a user's by package or path, as YAML names them. */
import { access, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { NetworkFunctionUse } from '../nf/contract.js';
import type { NetworkFunctionFactory } from '../nf/define.js';

/** Imports the module of a stock function. */
export type FunctionModules = Readonly<Record<string, () => Promise<object>>>;

/** Imported when first named, so that a configuration without DPI does not load its signatures. */
export const STOCK_FUNCTIONS: FunctionModules = {
  firewall: () => import('../nf/firewall/index.js'),
  nat: () => import('../nf/nat/index.js'),
  dpi: () => import('../nf/dpi/index.js'),
};

export type AnyFactory = NetworkFunctionFactory<unknown>;

function isFactory(value: unknown): value is AnyFactory {
  return typeof value === 'function' && 'definition' in value && typeof (value as { definition: unknown }).definition === 'object';
}

/** The factories that a module exports, also those that it passes on from other modules. */
export function factoriesOf(exports: object): AnyFactory[] {
  return Object.values(exports).filter(isFactory);
}

/** The factory with this name of definition, or null. */
export function factoryNamed(exports: object, name: string): AnyFactory | null {
  return factoriesOf(exports).find((factory) => factory.definition.name === name) ?? null;
}

/** The module URL under which a factory's definition is found: the one that it puts in a use. */
export function useOf(factory: AnyFactory, options: unknown, as: string | undefined): NetworkFunctionUse {
  return factory(options, as === undefined ? {} : { as });
}

/**
 * URL of a module that a configuration names: `./ttl-guard.js` and `../nf/guard.js` and absolute paths relative to the
 * base directory, `file:` URLs as they are, anything else a package, looked for from the base directory upwards.
 * @throws Error when there is no such file or package.
 */
export async function resolveModule(specifier: string, baseDirectory: string): Promise<string> {
  if (specifier.startsWith('file:')) return specifier;
  if (/^\.{1,2}([/\\]|$)/.test(specifier) || isAbsolute(specifier)) {
    const path = resolve(baseDirectory, specifier);
    if (!(await exists(path))) throw new Error(`there is no file ${path}`);
    return pathToFileURL(path).href;
  }
  return pathToFileURL(await resolvePackage(specifier, baseDirectory)).href;
}

/** Node resolves bare names from the importing module only, and we import on behalf of a file that is not a module. */
async function resolvePackage(specifier: string, baseDirectory: string): Promise<string> {
  const parts = specifier.split('/');
  const nameParts = specifier.startsWith('@') ? 2 : 1;
  const name = parts.slice(0, nameParts).join('/');
  const subpath = ['.', ...parts.slice(nameParts)].join('/');
  for (let directory = baseDirectory; ; directory = dirname(directory)) {
    const root = join(directory, 'node_modules', name);
    const manifest = join(root, 'package.json');
    if (await exists(manifest)) {
      const entry = packageEntry(JSON.parse(await readFile(manifest, 'utf8')) as Manifest, subpath);
      if (entry === null) throw new Error(`the package ${name} exports no '${subpath}'`);
      return join(root, entry);
    }
    if (dirname(directory) === directory) break;
  }
  throw new Error(`there is no package '${name}' in ${baseDirectory} or above it`);
}

interface Manifest {
  readonly main?: string;
  readonly exports?: Exports;
}
type Exports = string | null | { readonly [key: string]: Exports };

/** The conditions under which an ES module on Node imports, as the manifest orders them. */
const CONDITIONS = new Set(['node', 'import', 'module-sync', 'default']);

function packageEntry({ main, exports }: Manifest, subpath: string): string | null {
  if (exports === undefined || exports === null) return subpath === '.' ? (main ?? 'index.js') : subpath;
  const bySubpath = typeof exports === 'object' && Object.keys(exports).some((key) => key.startsWith('.'));
  if (!bySubpath) return subpath === '.' ? conditional(exports) : null;
  return conditional(exports[subpath] ?? null);
}

function conditional(target: Exports): string | null {
  if (typeof target !== 'object' || target === null) return target;
  for (const [condition, inner] of Object.entries(target)) {
    const entry = CONDITIONS.has(condition) ? conditional(inner) : null;
    if (entry !== null) return entry;
  }
  return null;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
