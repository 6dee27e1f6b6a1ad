/** What this machine, as it is now, has not got for a plan. The configuration may be meant for another one: so these are no mistakes. */
import { readFile } from 'node:fs/promises';
import { availableCores } from './cores.js';
import { isOnInterface } from './live-ports.js';
import { at, describe, Findings, TOP, type ConfigurationSource } from './place.js';
import type { Plan } from './plan.js';
import type { Problem } from './problems.js';
import { didYouMean } from './suggest.js';

/** Of the network namespace of this process. */
const INTERFACES = '/proc/self/net/dev';

/** Cores for threads that never sleep, and interfaces that ports name; of these none where the system does not say (it is not Linux). */
export async function missingHere(plan: Plan, source: ConfigurationSource | null): Promise<readonly Problem[]> {
  const findings = new Findings(source);
  const polling = 1 + plan.vms.filter(({ isInline }) => !isInline).length;
  const cores = availableCores();
  if (plan.wakeUp === 'poll' && polling > cores) {
    const message = `${polling} threads that never sleep share ${cores} ${cores === 1 ? 'core' : 'cores'}: they wait for each other's time slices`;
    findings.add('too-few-cores', at(TOP, 'wakeUp'), { found: `'poll' with ${polling} threads`, expected: 'a core for each, or another policy', message });
  }
  const there = await interfacesHere();
  if (there === null) return findings.problems;
  for (const { name, spec } of plan.ports) {
    // TAP and TUN interfaces are made where there are none.
    if (!isOnInterface(spec) || spec.kind === 'tap' || spec.kind === 'tun' || there.includes(spec.interface)) continue;
    const message = `this machine has no interface ${describe(spec.interface)}${didYouMean(spec.interface, there)}`;
    findings.add('interface-missing', at(TOP, 'ports', name, 'interface'), { found: there.join(', '), expected: describe(spec.interface), message });
  }
  return findings.problems;
}

async function interfacesHere(): Promise<string[] | null> {
  const text = await readFile(INTERFACES, 'utf8').catch(() => null);
  return text === null ? null : [...text.matchAll(/^\s*([^\s:]+):/gm)].map(([, name]) => name);
}
