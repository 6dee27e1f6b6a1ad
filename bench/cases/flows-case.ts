/** P7: what a packet costs as connections grow, from 1 k to 1 M: the lookup alone, and a chain of one VM around it. */
import { chainWay } from '../chain-run.js';
import { BASE } from '../configure.js';
import { connectionCase, stateTableCases } from '../micro/table-cases.js';
import type { BenchSettings } from '../settings.js';
import type { BenchCase, Group } from '../way.js';
import { microWay } from './micro-case.js';

function groups(settings: BenchSettings): Group[] {
  const { flows, seed } = settings;
  return [
    { name: 'lookup', ways: [...flows.map((count) => connectionCase(count, seed)), ...stateTableCases(flows)].map((micro) => microWay(micro, settings)) },
    // Every connection is made before the window begins.
    ...flows.map((count): Group => ({ name: `chain, ${count} flows`, ways: [chainWay({ ...BASE, vms: 1, flows: count }, settings, 2 * count)] })),
  ];
}

export const flowsCase: BenchCase = { name: 'flows', says: 'classification and lookup from 1 k to 1 M connections', byDefault: true, groups };
