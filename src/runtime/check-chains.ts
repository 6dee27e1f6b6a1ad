/** Checks chains and the network functions in them: names, modules, options. Runs on the main thread, before any other. */
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { Chain, ChainOptions } from '../chain/chain.js';
import type { Definition, NetworkFunctionUse } from '../nf/contract.js';
import { loadDefinition } from '../nf/define.js';
import { checkName } from './check-name.js';
import { factoriesOf, factoryNamed, resolveModule, useOf, type FunctionModules } from './functions.js';
import { at, describe, oneOf, type Findings, type Site } from './place.js';
import { DEFAULTS } from './configuration.js';
import { importModule, whyUnloadable } from './load-module.js';
import { prepareUse, type PreparedFunction } from './prepare-use.js';
import { readPart } from './readable-part.js';
import { chainShape, longUseShape, MAX_VMS } from './schema.js';
import { unknownKey } from './shape.js';
import { didYouMean, nearest } from './suggest.js';

export interface CheckedChain {
  readonly name: string;
  /** Null where a network function has problems. */
  readonly functions: readonly (PreparedFunction | null)[];
  /** What its functions are called, also those with problems. */
  readonly names: readonly string[];
  readonly options: Required<ChainOptions>;
}

export interface ChainContext {
  readonly findings: Findings;
  readonly baseDirectory: string;
  readonly stock: FunctionModules;
  /** Names, in the order of their numbers. */
  readonly ports: readonly string[];
}

/** A use as it is written, with where its options stand. */
interface WrittenUse {
  readonly site: Site;
  readonly options: Site;
  /** What the reader sees as its name. */
  readonly name: string;
  resolve(): Promise<{ use: NetworkFunctionUse; definition: Definition } | null>;
}

interface WrittenChain {
  readonly name: string;
  readonly site: Site;
  readonly items: readonly unknown[];
  readonly options: Omit<z.output<typeof chainShape>, 'functions'>;
}

/** Reads a chain of `chains`: a list, or a map that holds one. */
function readChain(findings: Findings, name: string, value: unknown): WrittenChain {
  const site: Site = { shown: ['chains', name], source: ['chains', name] };
  if (Array.isArray(value)) return { name, site, items: value, options: {} };
  if (!isMap(value)) {
    findings.add('wrong-type', site, {
      found: describe(value),
      expected: "a list, or a map with 'functions'",
      message: `the chain '${name}' is not a list of network functions`,
    });
    return { name, site, items: [], options: {} };
  }
  const part = readPart(findings, chainShape, value, site);
  if (part === null) return { name, site, items: [], options: {} };
  const { functions, ...options } = part.value;
  return { name, site: at(site, 'functions'), items: functions, options };
}

export function isChain(value: unknown): value is Chain {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'chain' && 'uses' in value && Array.isArray(value.uses);
}

function isUse(value: unknown): value is NetworkFunctionUse {
  return isMap(value) && value.kind === 'network-function' && typeof value.module === 'string' && typeof value.function === 'string';
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * @param listed `chains` of the configuration.
 * @param inPaths chains that paths hold as values.
 * @returns all chains by name; those with problems too, so that no path that names one is blamed.
 */
export async function checkChains(
  context: ChainContext,
  listed: Readonly<Record<string, unknown>>,
  inPaths: readonly Chain[],
): Promise<Map<string, CheckedChain>> {
  const { findings } = context;
  const written: WrittenChain[] = [];
  for (const [name, value] of Object.entries(listed)) written.push(readChain(findings, name, value));
  collectFromPaths(findings, written, inPaths);

  const taken = new Set<string>();
  const chains = new Map<string, CheckedChain>();
  let count = 0;
  for (const { name, site, items, options } of written) {
    checkName(findings, name, site, 'a chain');
    const replicas = options.replicas ?? DEFAULTS.replicas;
    const list = listed[name];
    if (items.length === 0 && (list === undefined || Array.isArray(list) || (isMap(list) && Array.isArray(list.functions)))) {
      findings.add('empty-chain', site, {
        found: describe(items),
        expected: 'at least one network function',
        message: `the chain '${name}' has no network functions`,
      });
    }
    count += items.length * replicas;
    // One after the other, so that problems come in the order of the text.
    const functions: (PreparedFunction | null)[] = [];
    const names: string[] = [];
    for (const [index, item] of items.entries()) functions.push(await checkUse(context, name, item, at(site, index), taken, replicas, names));
    const { placement = DEFAULTS.placement, routing = DEFAULTS.routing } = options;
    chains.set(name, { name, functions, names, options: { placement, routing, replicas } });
  }
  if (count > MAX_VMS) {
    const site: Site = { shown: ['chains'], source: ['chains'] };
    findings.add('too-many', site, {
      found: String(count),
      expected: `at most ${MAX_VMS}`,
      message: 'too many network functions: each is a thread',
    });
  }
  return chains;
}

function collectFromPaths(findings: Findings, written: WrittenChain[], inPaths: readonly Chain[]): void {
  const values = new Map<string, Chain>();
  for (const chain of inPaths) {
    const known = values.get(chain.name);
    if (known === chain || isDeepStrictEqual(known, chain)) continue;
    const site: Site = { shown: ['chains', chain.name], source: ['chains', chain.name] };
    if (known !== undefined || written.some(({ name }) => name === chain.name)) {
      const message = `two chains are named '${chain.name}'`;
      findings.add('duplicate-name', site, { found: `'${chain.name}' twice`, expected: 'a name for each chain', message });
      continue;
    }
    values.set(chain.name, chain);
    const { kind: _, name: __, uses, ...options } = chain;
    const part = readPart(findings, chainShape, { functions: uses, ...options }, site);
    written.push({ name: chain.name, site, items: uses, options: part?.value ?? {} });
  }
}

async function checkUse(
  context: ChainContext,
  chain: string,
  item: unknown,
  site: Site,
  taken: Set<string>,
  replicas: number,
  called: string[],
): Promise<PreparedFunction | null> {
  const { findings } = context;
  const written = readUse(context, item, site);
  called.push(written?.name ?? '');
  if (written === null) return null;
  const { name } = written;
  checkName(findings, name, site, 'a network function');
  const names = [name, ...(replicas > 1 ? Array.from({ length: replicas }, (_, index) => replicaName(name, index)) : [])];
  if (names.some((each) => taken.has(each))) {
    const message = `two network functions are named '${name}', tell them apart with 'as'`;
    findings.add('duplicate-name', site, { found: `'${name}' twice`, expected: 'a name for each use', message });
  } else for (const each of names) taken.add(each);
  const resolved = await written.resolve();
  return resolved === null ? null : prepareUse(context, chain, resolved.use, resolved.definition, written.options);
}

/** Replicas are counted from 1, for people. */
export function replicaName(name: string, index: number): string {
  return `${name}.${index + 1}`;
}

/** Reads one of the forms in which a use may be written. Null when it is none of them. */
function readUse(context: ChainContext, item: unknown, site: Site): WrittenUse | null {
  const { findings } = context;
  if (isUse(item)) {
    return { site, options: site, name: item.name, resolve: async () => loadUse(findings, item, site) };
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
  findings: Findings,
  use: NetworkFunctionUse,
  site: Site,
): Promise<{ use: NetworkFunctionUse; definition: Definition } | null> {
  try {
    return { use, definition: await loadDefinition(use.module, use.function) };
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
  const { findings, stock, baseDirectory } = context;
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
    exports = from === undefined ? await stock[name]() : await importModule(await resolveModule(from, baseDirectory));
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
