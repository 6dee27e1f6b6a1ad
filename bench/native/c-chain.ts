/** The reference in C: the same topology, rings, slots and bursts, and nothing that a product needs around them. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { columnsOf, type ChainFactors } from '../configure.js';
import { InvalidMeasurement, type Measured } from '../sample.js';
import type { BenchSettings } from '../settings.js';
import type { Way } from '../way.js';
import { compile } from './compile.js';

const run = promisify(execFile);

export function cChainWay(factors: ChainFactors, { warmUpMs, measuredMs }: BenchSettings): Way {
  const { routing, vms, bytes, burst, slots } = factors;
  return {
    way: 'c',
    factors: columnsOf(factors),
    measure: async () => {
      const program = compile('chain');
      const { stdout } = await run(program, [routing, vms, bytes, burst, slots, warmUpMs, measuredMs].map(String));
      return [parseCChain(stdout)];
    },
  };
}

/** @throws InvalidMeasurement when packets were lost, doubled or not touched by every VM: the program says so itself. */
export function parseCChain(text: string): Measured {
  const found = /^packets (\d+) seconds ([\d.]+) wrong (\d+)$/m.exec(text);
  if (found === null) throw new InvalidMeasurement(`the C reference said: ${text.slice(0, 200)}`);
  const [packets, seconds, wrong] = found.slice(1).map(Number);
  if (packets === 0) throw new InvalidMeasurement('no packet of the C reference came through within the window: measure longer');
  if (wrong > 0) throw new InvalidMeasurement(`${wrong} packets of the C reference were not touched by every VM`);
  return { metric: 'time', unit: 'ns', value: (seconds * 1e9) / packets, packets, seconds };
}
