/** `info`: who this is. */
import { z } from 'zod';
import { defineCommand, type Instance } from '../command.js';

export interface InstanceInfo {
  name: string;
  pid: number;
  /** Since packets could flow. */
  uptimeMs: number;
  /** The chain file in force, absolute; null: it was started from a program. */
  file: string | null;
  ports: { name: string; kind: string }[];
  chains: string[];
}

export function infoOf({ name, file, runtime }: Instance): InstanceInfo {
  const { ports, functions } = runtime.plan;
  return {
    name,
    pid: process.pid,
    uptimeMs: runtime.counters().durationMs,
    file,
    ports: ports.map(({ name: called, spec }) => ({ name: called, kind: spec.kind })),
    chains: [...new Set(functions.map(({ chain }) => chain))],
  };
}

export const info = defineCommand({ arguments: z.strictObject({}), run: infoOf });
