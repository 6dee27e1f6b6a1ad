/** The difference between the plan that runs and another one, as far as it can be made under traffic. */
import { isDeepStrictEqual } from 'node:util';
import type { Spread } from '../flow/steering.js';
import { Findings, type Path } from './place.js';
import { placementText } from './placement-text.js';
import type { Plan, PlanFunction, PlanPath, PlanPort, PlanPortSpec } from './plan.js';
import { ConfigurationError } from './problems.js';
import { writtenPort } from './written-port.js';

/** What `apply` has changed. */
export interface Changes {
  /** Functions that took new options. */
  updated: string[];
  /** Functions whose VMs were replaced by new ones. */
  replaced: string[];
  /** Whether the service paths are others now. */
  paths: boolean;
  /** Whether connections find their replica in another way now, because a function has other addresses. */
  spread: boolean;
}

export interface Difference {
  /** Indexes of functions with other options. */
  functions: number[];
  paths: boolean;
  spread: boolean;
}

/** What lies fixed in memory beside ports and chains. */
const FIXED = ['memory', 'flows', 'mode', 'burst', 'wakeUp', 'threads'] as const;

/**
 * @param findings where the new configuration was read from.
 * @throws ConfigurationError when something differs that lies fixed in memory while a chain runs: all of it.
 */
export function comparePlans(running: Plan, next: Plan, findings = new Findings(null)): Difference {
  for (const key of FIXED) {
    if (!isDeepStrictEqual(running[key], next[key])) refuse(findings, [key], `'${key}'`, asText(next[key]), asText(running[key]));
  }
  comparePorts(findings, running.ports, next.ports);
  compareChains(findings, running, next);
  if (findings.problems.length > 0) throw new ConfigurationError(findings.problems);
  return {
    functions: running.functions.flatMap((each, at) => (isDeepStrictEqual(each.options, next.functions[at].options) ? [] : [at])),
    paths: !isDeepStrictEqual(running.paths.map(written), next.paths.map(written)),
    spread: !isDeepStrictEqual(running.paths.map(spreadOf), next.paths.map(spreadOf)),
  };
}

/** @param found what the new configuration wants. @param runs what there is. */
function refuse(findings: Findings, path: Path, what: string, found: string, runs: string): void {
  findings.add('needs-restart', { shown: path, source: path }, {
    found,
    expected: `${runs}, as it runs`,
    message: `${what} cannot change while the chain runs: it takes a restart`,
  });
}

function comparePorts(findings: Findings, running: readonly PlanPort[], next: readonly PlanPort[]): void {
  const known = new Map(running.map(({ name, spec }) => [name, spec]));
  for (const { name, spec } of next) {
    const before = known.get(name);
    if (before === undefined) refuse(findings, ['ports', name], 'the set of ports', `a new port '${name}'`, names(running));
    else comparePort(findings, name, before, spec);
  }
  const missing = running.filter(({ name }) => !next.some((port) => port.name === name));
  if (missing.length > 0) refuse(findings, ['ports'], 'the set of ports', `no ${names(missing)}`, names(running));
  else if (running.length === next.length && names(running) !== names(next)) refuse(findings, ['ports'], 'the order of the ports', names(next), names(running));
}

/** Key by key, as it was written. */
function comparePort(findings: Findings, name: string, running: PlanPortSpec, next: PlanPortSpec): void {
  if (isDeepStrictEqual(running, next)) return;
  const [before, now] = [writtenPort(running), writtenPort(next)];
  const keys = [...new Set([...Object.keys(now), ...Object.keys(before)])].filter((key) => before[key] !== now[key]);
  // What can be told apart and not in words: packets, options of a module.
  if (keys.length === 0) refuse(findings, ['ports', name], `port '${name}'`, 'another one', 'the port');
  for (const key of keys) refuse(findings, ['ports', name, key], `'${key}' of port '${name}'`, now[key] ?? 'nothing', before[key] ?? 'nothing');
}

function compareChains(findings: Findings, running: Plan, next: Plan): void {
  const chains = [...new Set([...running.functions, ...next.functions].map(({ chain }) => chain))];
  for (const chain of chains) {
    const [before, now] = [running, next].map(({ functions }) => functions.filter((each) => each.chain === chain)) as [PlanFunction[], PlanFunction[]];
    const what = `chain '${chain}'`;
    if (!isDeepStrictEqual(before.map(identity), now.map(identity))) {
      refuse(findings, ['chains', chain], what, functionsText(now), functionsText(before));
      continue;
    }
    for (const [at, { name, tables }] of now.entries()) {
      if (!isDeepStrictEqual(before[at].tables, tables)) refuse(findings, ['chains', chain], `the tables of '${name}'`, asText(tables), asText(before[at].tables));
    }
    const [placed, was] = [placementText(next, chain), placementText(running, chain)];
    if (placed !== was) refuse(findings, ['chains', chain], `the placement of ${what}`, placed, was);
  }
  const inOrder = ({ functions }: Plan): string => functions.map(({ name }) => name).join(', ');
  if (findings.problems.length === 0 && inOrder(running) !== inOrder(next)) refuse(findings, ['chains'], 'the order of the chains', inOrder(next), inOrder(running));
}

function functionsText(functions: readonly PlanFunction[]): string {
  return functions.length === 0 ? 'no such chain on a path' : functions.map(({ name, function: called }) => (name === called ? name : `${name} (${called})`)).join(' -> ');
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '').replaceAll(/([:,])/g, '$1 ');
}

/** A path but for what the options of its functions make of it. */
function written({ spread: _, ...path }: PlanPath): Omit<PlanPath, 'spread'> {
  return path;
}

/** Of a single replica nothing is asked. */
function spreadOf({ replicas, spread }: PlanPath): Spread | null {
  return replicas.length > 1 ? spread : null;
}

function identity({ name, chain, module, function: named }: PlanFunction): string[] {
  return [name, chain, module, named];
}

function names(items: readonly { name: string }[]): string {
  return items.map(({ name }) => `'${name}'`).join(', ');
}
