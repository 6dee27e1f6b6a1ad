/** `rates`: who this is, and what each port moved in the time that the command takes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { defineCommand } from '../command.js';
import { infoOf, type InstanceInfo } from './info.js';

export interface PortRates {
  receivedPerSecond: number;
  transmittedPerSecond: number;
  receivedBitsPerSecond: number;
  transmittedBitsPerSecond: number;
  droppedPerSecond: number;
  /** It is a live port, and down. Absent else. */
  down?: true;
}

export interface InstanceRates extends InstanceInfo {
  rates: Record<string, PortRates>;
}

const BITS = 8;

export const rates = defineCommand({
  arguments: z.strictObject({ overMs: z.int().min(10).max(60_000).default(500) }),
  async run(instance, { overMs }): Promise<InstanceRates> {
    const before = instance.runtime.counters();
    await sleep(overMs);
    const after = instance.runtime.counters();
    const seconds = (after.durationMs - before.durationMs) / 1000;
    const ports = Object.entries(after.ports).map(([name, now]): [string, PortRates] => {
      const then = before.ports[name];
      const rate = (count: number): number => (seconds > 0 ? count / seconds : 0);
      return [name, {
        receivedPerSecond: rate(now.received - then.received),
        transmittedPerSecond: rate(now.transmitted - then.transmitted),
        receivedBitsPerSecond: rate(now.receivedBytes - then.receivedBytes) * BITS,
        transmittedBitsPerSecond: rate(now.transmittedBytes - then.transmittedBytes) * BITS,
        droppedPerSecond: rate(sum(now.drops) - sum(then.drops)),
        ...(now.down === true && { down: true }),
      }];
    });
    return { ...infoOf(instance), rates: Object.fromEntries(ports) };
  },
});

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, each) => total + each, 0);
}
