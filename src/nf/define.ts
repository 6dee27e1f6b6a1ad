/** Definitions by module URL and name. Main thread and VMs import the same module and find the same definition. */
import type { Definition, NetworkFunctionUse } from './contract.js';
import type { StandardSchema } from './standard-schema.js';
import type { TableSpec } from './tables.js';

// Keyed through globalThis: two copies of this package in one thread (source and build, two versions) share it.
const registry: Map<string, Definition> = ((globalThis as Record<symbol, unknown>)[Symbol.for('millrace.definitions')] ??= new Map()) as Map<string, Definition>;
const waiting: Map<string, () => void> = ((globalThis as Record<symbol, unknown>)[Symbol.for('millrace.waiting')] ??= new Map()) as Map<string, () => void>;

const keyOf = (module: string, name: string): string => `${module}#${name}`;

/** A use may be named, to tell two uses of one function apart in reports. */
export interface UseNaming {
  as?: string;
}

export interface NetworkFunctionFactory<Input> {
  (options: Input, naming?: UseNaming): NetworkFunctionUse;
  readonly definition: Definition;
}

/**
 * Defines a network function.
 * @param module `import.meta.url` of the module that calls this: the VM imports it by this URL.
 * @returns a factory: called with options it gives the passive value that `chain(...)` takes.
 */
export function defineNetworkFunction<
  Input,
  Options,
  const Drop extends string = never,
  const Count extends string = never,
  const Tables extends Record<string, TableSpec> = Record<string, never>,
>(module: string, definition: Definition<Input, Options, Drop, Count, Tables>): NetworkFunctionFactory<Input> {
  const erased = definition as unknown as Definition;
  registry.set(keyOf(module, definition.name), erased);
  waiting.get(keyOf(module, definition.name))?.();
  const use = (options: Input, naming: UseNaming = {}): NetworkFunctionUse => ({
    kind: 'network-function',
    function: definition.name,
    name: naming.as ?? definition.name,
    module,
    options,
  });
  return Object.assign(use, { definition: erased });
}

/** The schema of a definition's options, loaded if need be. A schema may be a function itself. */
export async function schemaOf({ name, options }: Definition): Promise<StandardSchema> {
  // Plain JavaScript may leave it out.
  if ((options as unknown) == null) throw new TypeError(`'${name}' declares no options: expected a Standard Schema, such as z.strictObject({}) where there are none`);
  return '~standard' in options ? options : options();
}

/** The definitions that a module has made so far, by name. */
export function definitionsOf(module: string): Definition[] {
  return [...registry].filter(([key]) => key.startsWith(`${module}#`)).map(([, definition]) => definition);
}

/** Finds a definition, importing its module if need be. */
export async function loadDefinition(module: string, name: string): Promise<Definition> {
  const key = keyOf(module, name);
  const known = registry.get(key);
  if (known !== undefined) return known;
  // An application may define a function and call run() in one file. In a VM, run() never settles, so the import of
  // such a file never ends: what we wait for is the definition, which stands before it.
  const registered = new Promise<void>((resolve) => waiting.set(key, resolve));
  await Promise.race([registered, import(module)]);
  waiting.delete(key);
  const found = registry.get(key);
  if (found === undefined) {
    const others = definitionsOf(module).map((definition) => definition.name);
    throw new Error(`${module} defines no network function '${name}' (found: ${others.join(', ') || 'none'})`);
  }
  return found;
}
