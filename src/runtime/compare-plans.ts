/** The difference between the plan that runs and another one, as far as it can be made under traffic. */
import { isDeepStrictEqual } from 'node:util';
import type { Plan, PlanVm } from './plan.js';
import { ConfigurationError, type Problem } from './problems.js';

/** What `apply` has changed. */
export interface Changes {
  /** VMs whose function took new options. */
  updated: string[];
  /** VMs that were replaced by new ones. */
  replaced: string[];
  /** Whether the service paths are others now. */
  paths: boolean;
}

export interface Difference {
  /** Indexes of VMs with other options. */
  vms: number[];
  paths: boolean;
}

/** @throws ConfigurationError when something differs that lies fixed in memory while a chain runs. */
export function comparePlans(running: Plan, next: Plan): Difference {
  const problems: Problem[] = [];
  const refuse = (place: string, found: string, expected: string): void => {
    problems.push({ code: 'needs-restart', place, found, expected, message: `${place} cannot change while the chain runs` });
  };
  for (const key of ['memory', 'flows', 'mode', 'burst'] as const) {
    if (!isDeepStrictEqual(running[key], next[key])) refuse(key, JSON.stringify(next[key]), JSON.stringify(running[key]));
  }
  if (!isDeepStrictEqual(running.ports, next.ports)) refuse('ports', names(next.ports), `the ports as they run: ${names(running.ports)}`);
  if (!isDeepStrictEqual(running.vms.map(identity), next.vms.map(identity))) {
    refuse('chains', names(next.vms), `the network functions as they run: ${names(running.vms)}`);
  } else {
    running.vms.forEach((vm, at) => {
      if (!isDeepStrictEqual(vm.tables, next.vms[at].tables)) refuse(`chains.${vm.chain}`, `other tables of '${vm.name}'`, 'tables of the same size');
    });
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return {
    vms: running.vms.flatMap((vm, at) => (isDeepStrictEqual(vm.options, next.vms[at].options) ? [] : [at])),
    paths: !isDeepStrictEqual(running.paths, next.paths),
  };
}

function identity({ name, chain, module, function: named }: PlanVm): string[] {
  return [name, chain, module, named];
}

function names(items: readonly { name: string }[]): string {
  return items.map(({ name }) => name).join(', ');
}
