import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compareCapture, isInScope, readLabels } from './agreement.js';
import type { Comparison } from './agreement.js';

const folder = fileURLToPath(new URL('../../../../shared/captures', import.meta.url));
const isHere = existsSync(`${folder}/labels.json`);
if (!isHere) console.warn(`skipped: agreement with nDPI needs the captures in ${folder}`);

/** Least agreement, a little below what is reached, so that a step back is seen and a single flow is not. */
const PROTOCOL_FLOOR = 0.965;
const ALL_FLOOR = 0.91;
const HOST_FLOOR = 0.98;
/** Most flows that may have a name here and another one, or none, there. */
const STRAY_CEILING = 0.01;

describe.skipIf(!isHere)('agreement with nDPI over captures of real traffic', () => {
  it('names the protocol and the host of nearly every flow whose protocol is in the table', async () => {
    const all: Comparison[] = [];
    for (const [file, { flows }] of Object.entries(readLabels(folder))) all.push(...(await compareCapture(folder, file, flows)));
    const inScope = all.filter(isInScope);
    const withHost = inScope.filter(({ wantedHost }) => wantedHost !== '');
    const isNamed = ({ wanted, found }: Comparison): boolean => wanted === found;
    const hasHost = ({ wantedHost, foundHost }: Comparison): boolean => wantedHost === foundHost;

    const names = [...new Set(inScope.map(({ wanted }) => wanted))].sort();
    console.table(Object.fromEntries(names.map((name) => {
      const flows = inScope.filter(({ wanted }) => wanted === name);
      const hosts = flows.filter(({ wantedHost }) => wantedHost !== '');
      return [name, { flows: flows.length, agree: flows.filter(isNamed).length, hosts: hosts.length, 'hosts agree': hosts.filter(hasHost).length }];
    })));
    const strays = all.filter((flow) => !isInScope(flow) && flow.found !== '');
    const ratio = (part: number, whole: number): string => `${part} of ${whole} (${((100 * part) / whole).toFixed(1)} %)`;
    console.log(`protocol: ${ratio(inScope.filter(isNamed).length, inScope.length)}; host: ${ratio(withHost.filter(hasHost).length, withHost.length)}`);
    console.log(`of ${all.length - inScope.length} flows of other protocols, named here: ${strays.map(({ wanted, found }) => `${wanted} as ${found}`).join(', ')}`);

    // nDPI says Unknown of what it names neither by content nor by port.
    const called = all.filter(({ wanted }) => wanted !== 'Unknown');
    console.log(`of all flows that nDPI names: ${ratio(called.filter(isNamed).length, called.length)}`);
    const others = inScope.filter((flow) => flow.found !== '' && !isNamed(flow));
    console.log(`in the table, but named otherwise: ${others.map(({ file, wanted, found }) => `${file} ${wanted} as ${found}`).join(', ') || 'none'}`);

    const missed = inScope.filter(({ found }) => found === '');
    console.log(`in the table, but not named:\n${missed.map(({ file, wanted, flow }) => `${wanted} ${file} ${flow}`).join('\n')}`);
    const otherHosts = withHost.filter((flow) => isNamed(flow) && !hasHost(flow));
    console.log(`other hosts:\n${otherHosts.map(({ file, wanted, flow, wantedHost, foundHost }) => `${wanted} ${file} ${flow} ${wantedHost} / ${foundHost}`).join('\n')}`);

    expect(called.filter(isNamed).length / called.length).toBeGreaterThan(ALL_FLOOR);
    expect(inScope.filter(isNamed).length / inScope.length).toBeGreaterThan(PROTOCOL_FLOOR);
    expect(withHost.filter(hasHost).length / withHost.length).toBeGreaterThan(HOST_FLOOR);
    expect((strays.length + others.length) / all.length).toBeLessThan(STRAY_CEILING);
  });
});
