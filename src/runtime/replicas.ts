/** How often a chain, or which of its functions, exist: what may be written, and what it comes to. */
import type { z } from 'zod';
import { DEFAULTS } from './configuration.js';
import { at, oneOf, type Findings, type Site } from './place.js';
import type { chainShape } from './schema.js';
import { didYouMean } from './suggest.js';

export interface Replicas {
  /** Ways through the chain, which connections are spread over. */
  readonly count: number;
  /** Names of the functions that exist `count` times; null: all of them do. */
  readonly only: ReadonlySet<string> | null;
  /** All functions that were named. */
  readonly named: readonly string[];
}

/** Replicas are counted from 1, for people. */
export function replicaName(name: string, index: number): string {
  return `${name}.${index + 1}`;
}

/** How often the function of that name exists. */
export function countOf({ count, only }: Replicas, name: string): number {
  return only === null || only.has(name) ? count : 1;
}

/** @param site of the chain's functions. */
export function readReplicas(findings: Findings, chain: string, site: Site, { placement = DEFAULTS.placement, replicas = DEFAULTS.replicas }: Pick<z.output<typeof chainShape>, 'placement' | 'replicas'>): Replicas {
  if (typeof replicas === 'number') return { count: replicas, only: null, named: [] };
  const several = Object.entries(replicas).filter(([, count]) => count > 1);
  const counts = [...new Set(several.map(([, count]) => count))];
  const place = placeOf(site);
  if (counts.length > 1) {
    findings.add('impossible-size', place, {
      found: several.map(([name, count]) => `${name}: ${count}`).join(', '),
      expected: 'one number for all of them, or 1',
      message: `functions of the chain '${chain}' exist in different numbers: connections are spread over as many ways as there are replicas, each with one of every function`,
    });
  }
  if (counts.length > 0 && (placement === 'together' || placement === 'inline')) {
    findings.add('impossible-size', place, {
      found: `a map, with placement '${placement}'`,
      expected: `a number: replicas of the whole chain; or placement 'per-vm'`,
      message: `functions of the chain '${chain}' that share a VM cannot exist in different numbers`,
    });
  }
  return { count: counts[0] ?? 1, only: new Set(several.map(([name]) => name)), named: Object.keys(replicas) };
}

/** Every name must be one of the chain's functions. */
export function checkReplicated(findings: Findings, site: Site, { named }: Replicas, names: readonly string[]): void {
  const called = names.filter((name) => name !== '');
  for (const name of named) {
    if (names.includes(name) || called.length < names.length) continue; // what has no name that could be read is reported by itself
    findings.add('unknown-key', at(placeOf(site), name), { on: 'key', found: `'${name}'`, expected: oneOf(called), message: `the chain has no function '${name}'${didYouMean(name, called)}` });
  }
}

/** Of `replicas`, beside the functions. */
function placeOf(site: Site): Site {
  const beside = (path: Site['source']): Site['source'] => [...(path.at(-1) === 'functions' ? path.slice(0, -1) : path), 'replicas'];
  return { shown: beside(site.shown), source: beside(site.source) };
}
