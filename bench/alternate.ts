/**
 * Measures the ways of a group alternately, A B C A B C, so that neighbours make pairs and what slows the machine for a
 * while slows all of them. The first round does not count. A way whose payloads do not come through is not measured at all.
 */
import { InvalidMeasurement, NO_FACTORS, NotHere, type Failure, type Measured, type Sample } from './sample.js';
import type { BenchSettings } from './settings.js';
import type { Group, Way } from './way.js';

/** A way that this machine or this version does not have. */
export interface LeftOut {
  readonly case: string;
  readonly way: string;
  readonly reason: string;
}

export interface Collected {
  readonly samples: Sample[];
  readonly failures: Failure[];
  readonly leftOut: LeftOut[];
}

interface Ready {
  readonly way: Way;
  readonly hash: string | null;
}

export async function alternate(
  name: string, group: Group, settings: BenchSettings, into: Collected, progress: (text: string) => void, interrupted: AbortSignal,
): Promise<void> {
  const attempt = async <Value>(way: Way, repetition: number, work: () => Promise<Value> | Value): Promise<Value | null> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof NotHere) into.leftOut.push({ case: name, way: way.way, reason: error.message });
      else if (error instanceof InvalidMeasurement) into.failures.push({ case: name, way: way.way, factors: way.factors, repetition, reason: error.message });
      // Ctrl-C ends the programs that are measured, too.
      else if (!interrupted.aborted) throw error;
      return null;
    }
  };
  if (group.ways.length === 0) return;
  progress(`${name}, ${group.name}: ${group.ways.length} ${group.ways.length === 1 ? 'way' : 'ways'}`);
  const ready: Ready[] = [];
  for (const way of group.ways) {
    if (interrupted.aborted) return;
    const hash = way.compare === undefined ? { of: null } : await attempt(way, 0, async () => ({ of: await way.compare!() }));
    if (hash !== null) ready.push({ way, hash: hash.of });
  }
  let left = ready;
  const first = settings.profile === 'quick' ? 1 : 0;
  for (let repetition = first; repetition <= settings.repetitions && left.length > 0; repetition++) {
    const next: Ready[] = [];
    for (const one of left) {
      if (interrupted.aborted) return;
      const { way, hash } = one;
      const values = await attempt(way, repetition, () => way.measure(repetition));
      // What is not there will not be there the next time; what failed once may succeed, and is listed all the same.
      if (values === null && into.leftOut.some((out) => out.case === name && out.way === way.way && into.samples.every((sample) => sample.way !== way.way))) continue;
      if (values !== null && repetition > 0) into.samples.push(...values.map((value) => sampleOf(name, way, value, repetition, hash)));
      if (repetition < (way.repetitions ?? settings.repetitions)) next.push(one);
    }
    left = next;
  }
}

function sampleOf(name: string, { way, factors }: Way, measured: Measured, repetition: number, payloadHash: string | null): Sample {
  return { case: name, way, ...NO_FACTORS, ...factors, repetition, collections: null, bytesCopied: null, ...measured, payloadHash };
}
