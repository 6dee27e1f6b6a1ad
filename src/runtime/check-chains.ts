/** Checks chains and the network functions in them: names, modules, options. Runs on the main thread, before any other. */
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { Chain, ChainOptions } from '../chain/chain.js';
import { checkName } from './check-name.js';
import { at, describe, type Findings, type Site } from './place.js';
import { DEFAULTS } from './configuration.js';
import { prepareUse, type PreparedFunction } from './prepare-use.js';
import { readPart } from './readable-part.js';
import { isMap, readUse, type ChainContext } from './read-use.js';
import { checkReplicated, countOf, readReplicas, replicaName, type Replicas } from './replicas.js';
import { chainShape, MAX_VMS } from './schema.js';

export interface CheckedChain {
  readonly name: string;
  /** Null where a network function has problems. */
  readonly functions: readonly (PreparedFunction | null)[];
  /** What its functions are called, also those with problems. */
  readonly names: readonly string[];
  readonly options: Required<Omit<ChainOptions, 'replicas'>>;
  readonly replicas: Replicas;
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
    const replicas = readReplicas(findings, name, site, options);
    const list = listed[name];
    if (items.length === 0 && (list === undefined || Array.isArray(list) || (isMap(list) && Array.isArray(list.functions)))) {
      findings.add('empty-chain', site, {
        found: describe(items),
        expected: 'at least one network function',
        message: `the chain '${name}' has no network functions`,
      });
    }
    // One after the other, so that problems come in the order of the text.
    const functions: (PreparedFunction | null)[] = [];
    const names: string[] = [];
    for (const [index, item] of items.entries()) functions.push(await checkUse(context, name, item, at(site, index), taken, replicas, names));
    checkReplicated(findings, site, replicas, names);
    count += names.reduce((sum, each) => sum + countOf(replicas, each), 0);
    const { placement = DEFAULTS.placement, routing = DEFAULTS.routing } = options;
    chains.set(name, { name, functions, names, options: { placement, routing }, replicas });
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
  replicas: Replicas,
  called: string[],
): Promise<PreparedFunction | null> {
  const { findings } = context;
  const written = readUse(context, item, site);
  called.push(written?.name ?? '');
  if (written === null) return null;
  const { name } = written;
  checkName(findings, name, site, 'a network function');
  const count = countOf(replicas, name);
  const names = [name, ...(count > 1 ? Array.from({ length: count }, (_, index) => replicaName(name, index)) : [])];
  if (names.some((each) => taken.has(each))) {
    const message = `two network functions are named '${name}', tell them apart with 'as'`;
    findings.add('duplicate-name', site, { found: `'${name}' twice`, expected: 'a name for each use', message });
  } else for (const each of names) taken.add(each);
  const resolved = await written.resolve();
  return resolved === null ? null : prepareUse(context, chain, resolved.use, resolved.definition, written.options);
}

