/** A search of every state that any interleaving of a model's steps can reach, and of the shortest way to what is wrong. */

/** What one thread can do next in a state: a name and the state after it. */
export type Step<State> = readonly [name: string, next: State];

/** A way to a state that must not be: the steps taken. */
export interface Violation<What> {
  what: What;
  steps: string[];
}

export interface Model<State, What> {
  start: State;
  /** One string for one state. */
  key: (state: State) => string;
  /** Everything that may happen next, whoever does it. */
  steps: (state: State) => Step<State>[];
  /** @param isStuck nobody can go on. */
  wrong: (state: State, isStuck: boolean) => What | null;
}

/** Visits every state, breadth first, so that a violation comes with a shortest way to it. */
export function everyInterleaving<State, What>({ start, key, steps, wrong }: Model<State, What>): { states: number; violation: Violation<What> | null } {
  const seen = new Set([key(start)]);
  const reached: { state: State; from: number; step: string }[] = [{ state: start, from: -1, step: '' }];
  for (let at = 0; at < reached.length; at++) {
    const next = steps(reached[at].state);
    const what = wrong(reached[at].state, next.length === 0);
    if (what !== null) return { states: reached.length, violation: { what, steps: wayTo(reached, at) } };
    for (const [step, state] of next) {
      const name = key(state);
      if (seen.has(name)) continue;
      seen.add(name);
      reached.push({ state, from: at, step });
    }
  }
  return { states: reached.length, violation: null };
}

function wayTo(reached: readonly { from: number; step: string }[], at: number): string[] {
  const steps: string[] = [];
  for (let k = at; k > 0; k = reached[k].from) steps.unshift(reached[k].step);
  return steps;
}
