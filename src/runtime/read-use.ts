/** Reads a network function of a chain in each of the forms in which it may be written, and finds its module. Main thread. */
import type { Definition, NetworkFunctionUse } from '../nf/contract.js';
import { loadDefinition } from '../nf/define.js';
import { factoriesOf, factoryNamed, resolveModule, useOf, type FunctionModules } from './functions.js';
import { inTime } from './in-time.js';
import { importModule, whyUnloadable } from './load-module.js';
import { at, describe, oneOf, type Findings, type Site } from './place.js';
import { readPart } from './readable-part.js';
import { longUseShape } from './schema.js';
import { unknownKey } from './shape.js';
import { didYouMean, nearest } from './suggest.js';

export interface ChainContext {
  readonly findings: Findings;
  readonly baseDirectory: string;
  readonly stock: FunctionModules;
  /** Names, in the order of their numbers. */
  readonly ports: readonly string[];
  /** How long importing a module, or a check of its options, may take. */
  readonly limitMs: number;
}

/** A use as it is written, with where its options stand. */
interface WrittenUse {
  readonly site: Site;
  readonly options: Site;
  /** What the reader sees as its name. */
  readonly name: string;
  resolve(): Promise<{ use: NetworkFunctionUse; definition: Definition } | null>;
}

function isUse(value: unknown): value is NetworkFunctionUse {
  return isMap(value) && value.kind === 'network-function' && typeof value.module === 'string' && typeof value.function === 'string';
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads one of the forms in which a use may be written. Null when it is none of them. */
export function readUse(context: ChainContext, item: unknown, site: Site): WrittenUse | null {
  const { findings } = context;
  if (isUse(item)) {
    return { site, options: site, name: item.name, resolve: async () => loadUse(context, item, site) };
  }
  if (typeof item === 'string') return named(context, site, site, { function: item });
  if (isMap(item) && 'function' in item) {
    const part = readPart(findings, longUseShape, item, site);
    // Without its options, all that could be said is that they are missing.
    const long = part === null || part.isWhole || part.value.options !== undefined ? (part?.value ?? null) : null;
    // Options are shown as those of the function itself, whichever way they are written.
    return long === null ? null : named(context, site, { shown: site.shown, source: [...site.source, 'options'] }, long);
  }
  const entries = isMap(item) ? Object.entries(item) : [];
  if (entries.length !== 1) {
    const expected = "one network function, such as 'firewall: { rules: [...] }'";
    const message = entries.length > 1 ? 'this is more than one network function: each is an item of its own' : 'this is not a network function';
    findings.add('wrong-type', site, { found: describe(item), expected, message });
    return null;
  }
  const [name, body] = entries[0];
  const options: Site = { shown: site.shown, source: [...site.source, name] };
  if (name in longUseShape.shape && !Object.hasOwn(context.stock, name) && !isMap(body)) {
    const message = `'${name}' is said of a network function, and stands here as an item of its own`;
    findings.add('wrong-type', options, { on: 'key', found: `'${name}' by itself`, expected: "one item: { function: NAME, from: FILE, as: NAME, options: {…} }", message });
    return null;
  }
  if (body !== null && !isMap(body)) {
    findings.add('wrong-type', options, {
      found: describe(body),
      expected: 'a map',
      message: `the options of '${name}' are not a map`,
    });
    return null;
  }
  const { from: told, as, ...own } = body ?? {};
  let from: unknown = told;
  const slip = from === undefined && !Object.hasOwn(context.stock, name) ? Object.keys(own).find((key) => nearest(key, ['from']) !== null) : undefined;
  if (slip !== undefined) {
    unknownKey(findings, at(options, slip), slip, ['from', 'as']);
    findings.rename(at(options, 'from'), slip);
    from = own[slip];
    delete own[slip]; // oxlint-disable-line typescript/no-dynamic-delete -- a copy, and no packet waits
  }
  for (const [key, value] of [['from', from], ['as', as]] as const) {
    if (value === undefined || typeof value === 'string') continue;
    findings.add('wrong-type', at(options, key), { found: describe(value), expected: 'a text', message: `'${key}' is not a text` });
    return null;
  }
  return named(context, site, options, { function: name, from: from as string | undefined, as: as as string | undefined, options: own });
}

interface NamedUse {
  function: string;
  from?: string | undefined;
  as?: string | undefined;
  options?: Readonly<Record<string, unknown>> | undefined;
}

function named(context: ChainContext, site: Site, options: Site, use: NamedUse): WrittenUse {
  return { site, options, name: use.as ?? use.function, resolve: async () => findFunction(context, options, use) };
}

async function loadUse(
  { findings, limitMs }: ChainContext,
  use: NetworkFunctionUse,
  site: Site,
): Promise<{ use: NetworkFunctionUse; definition: Definition } | null> {
  try {
    return { use, definition: await inTime(loadDefinition(use.module, use.function), limitMs) };
  } catch (cause) {
    const message = `the module of '${use.function}' cannot be loaded`;
    findings.add('module-unloadable', site, { ...whyUnloadable(use.module, cause, `a module that defines '${use.function}'`), message });
    return null;
  }
}

async function findFunction(
  context: ChainContext,
  site: Site,
  named: NamedUse,
): Promise<{ use: NetworkFunctionUse; definition: Definition } | null> {
  const { findings, stock, baseDirectory, limitMs } = context;
  const { function: name, from, as, options = {} } = named;
  if (from === undefined && !Object.hasOwn(stock, name)) {
    const names = Object.keys(stock);
    const message = `there is no stock function '${name}'${didYouMean(name, names)}`;
    findings.add('unknown-function', site, {
      on: 'key',
      found: `'${name}'`,
      expected: `${oneOf(names)}, or 'from' with the module of your own`,
      message,
    });
    return null;
  }
  let exports: object;
  try {
    exports = from === undefined ? await stock[name]() : await importModule(await resolveModule(from, baseDirectory), limitMs);
  } catch (cause) {
    const place = from === undefined ? site : at(site, 'from');
    const message = `the module of '${name}' cannot be loaded`;
    findings.add('module-unloadable', place, { ...whyUnloadable(from ?? '', cause, `a module that exports '${name}'`), message });
    return null;
  }
  const factory = factoryNamed(exports, name);
  if (factory === null) {
    const names = factoriesOf(exports).map(({ definition }) => definition.name);
    const message = `${describe(from ?? name)} exports no network function '${name}'${didYouMean(name, names)}`;
    findings.add('unknown-function', site, {
      on: 'key',
      found: `'${name}'`,
      expected: oneOf(names, 'a module that exports network functions'),
      message,
    });
    return null;
  }
  return { use: useOf(factory, options, as), definition: factory.definition };
}
