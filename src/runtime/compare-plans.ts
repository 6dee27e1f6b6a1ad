/** The difference between the plan that runs and another one, as far as it can be made under traffic. */
import { isDeepStrictEqual } from 'node:util';
import type { Spread } from '../flow/steering.js';
import type { Plan, PlanFunction, PlanPath } from './plan.js';
import { ConfigurationError, type Problem } from './problems.js';

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

/** @throws ConfigurationError when something differs that lies fixed in memory while a chain runs. */
export function comparePlans(running: Plan, next: Plan): Difference {
  const problems: Problem[] = [];
  const refuse = (place: string, found: string, expected: string): void => {
    problems.push({ code: 'needs-restart', place, found, expected, message: `${place} cannot change while the chain runs` });
  };
  for (const key of ['memory', 'flows', 'mode', 'burst', 'wakeUp', 'threads'] as const) {
    if (!isDeepStrictEqual(running[key], next[key])) refuse(key, JSON.stringify(next[key]), JSON.stringify(running[key]));
  }
  if (!isDeepStrictEqual(running.ports, next.ports)) refuse('ports', names(next.ports), `the ports as they run: ${names(running.ports)}`);
  if (!isDeepStrictEqual(running.functions.map(identity), next.functions.map(identity))) {
    refuse('chains', names(next.functions), `the network functions as they run: ${names(running.functions)}`);
  } else {
    running.functions.forEach((each, at) => {
      if (!isDeepStrictEqual(each.tables, next.functions[at].tables)) refuse(`chains.${each.chain}`, `other tables of '${each.name}'`, 'tables of the same size');
    });
    if (!isDeepStrictEqual(running.vms, next.vms)) refuse('chains', 'another placement', 'the functions in the VMs where they run');
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return {
    functions: running.functions.flatMap((each, at) => (isDeepStrictEqual(each.options, next.functions[at].options) ? [] : [at])),
    paths: !isDeepStrictEqual(running.paths.map(written), next.paths.map(written)),
    spread: !isDeepStrictEqual(running.paths.map(spreadOf), next.paths.map(spreadOf)),
  };
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
  return items.map(({ name }) => name).join(', ');
}
