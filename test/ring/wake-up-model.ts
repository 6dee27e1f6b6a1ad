/**
 * A small-step model of two threads that put off waking each other, and a search of every interleaving of its steps: the
 * packet manager, which has slots, and a VM, which gives back what it gets. Each is the loop of poll-loop.ts with the
 * waker of wake-up.ts. The rings are counts here: that they keep what is in them is spsc-model.ts. Whether a publication is rung for at
 * once is left to chance, so that every policy, burst and mark is among the ways tried.
 */
import { everyInterleaving, type Step, type Violation } from './every-interleaving.js';

const SLOTS = 2;
const AWAKE = 0;
const ASLEEP = 1;

export interface Rules {
  /** Polls after which the bell is rung in any case: few, since the number changes nothing but the count of states. */
  ringAfterPolls: number;
  /** Which polls count towards that while something is due. */
  counted: readonly ('published' | 'passed')[];
  /** What is cleared with the count: nothing that was not rung for. */
  clears: 'when rung' | 'at each publication';
  poll: readonly ('publish' | 'ring')[];
  ring: readonly ('look' | 'store' | 'notify')[];
  sleep: readonly ('flush' | 'announce' | 'check')[];
}

/** As the code has it. */
export const AS_WRITTEN: Rules = {
  ringAfterPolls: 3,
  counted: ['published', 'passed'],
  clears: 'when rung',
  poll: ['publish', 'ring'], // (A), (F)
  ring: ['look', 'store', 'notify'], // (F), (G)
  sleep: ['flush', 'announce', 'check'], // (F), (E), (B)
};

export type What = 'lost wake-up' | 'late wake-up';

interface Thread {
  /** Addresses in the ring to it, and in its hands. */
  input: number;
  held: number;
  /** Its doorbell's word, and whether it waits on it. */
  word: number;
  waits: number;
  place: number;
  /** Where it goes on after ringing, and how many steps of the bell are done. */
  then: number;
  rung: number;
  /** The waker's count. */
  due: number;
  /** Not in the code: polls that ended with something published and not rung for; -1 when there is nothing. */
  late: number;
  /** Its latest poll found and published nothing. */
  isIdle: number;
}

type State = readonly [manager: Thread, vm: Thread];

const POLL = 0;
const PUBLISH = 1;
const RING = 2;
const END = 3;
const WAIT = 4;
const WAKE = 5;
/** Then the steps of falling asleep. */
const SLEEP = 6;

type Change = [name: string, me: Partial<Thread>, other?: Partial<Thread>];

function changes(me: Thread, other: Thread, isManager: boolean, rules: Rules): Change[] {
  if (me.waits === 1) return [];
  switch (me.place) {
    case POLL:
      return [
        [`take ${me.input}`, { input: 0, held: me.held + me.input, isIdle: me.input === 0 ? 1 : 0, place: PUBLISH }],
        // The clock may tick before any poll.
        ...(me.due > 0 ? [['tick, flush', { place: RING, then: POLL }] satisfies Change] : []),
      ];
    case PUBLISH: {
      // A VM gives back all that it has; the manager sends as much as comes from outside.
      const counts = isManager ? Array.from({ length: me.held + 1 }, (_, k) => k) : [me.held];
      return counts.flatMap((count) => (count === 0 ? passed(me, rules) : published(me, other, count, rules)));
    }
    case RING:
      return [ring(me, other, rules)];
    case END: {
      const late = me.late < 0 ? -1 : me.late + 1;
      const again: Change = ['poll again', { place: POLL, late }];
      return me.isIdle === 1 ? [again, ['go to sleep', { place: SLEEP, late }]] : [again];
    }
    case WAIT:
      return [me.word === ASLEEP ? ['wait', { waits: 1 }] : ['do not wait', { place: WAKE }]];
    case WAKE:
      return [['store AWAKE', { word: AWAKE, place: POLL }]];
    default:
      return [fallAsleep(me, rules)];
  }
}

function published(me: Thread, other: Thread, count: number, rules: Rules): Change[] {
  const due = (rules.clears === 'at each publication' ? 0 : me.due) + (rules.counted.includes('published') ? 1 : 0);
  const after = { held: me.held - count, due, late: Math.max(me.late, 0), isIdle: 0 };
  const seen = { input: other.input + count };
  // The wrong order, in one step of this model: the look at the flag is over when the publication comes.
  if (rules.poll[0] === 'ring') return me.rung === 0 ? [['look first', { rung: other.word === ASLEEP ? 1 : rules.ring.length }]] : [[`publish ${count}`, { ...after, place: RING, then: END }, seen]];
  const now: Change = [`publish ${count}, ring`, { ...after, place: RING, then: END }, seen];
  return due >= rules.ringAfterPolls ? [now] : [now, [`publish ${count}, put off`, { ...after, place: END }, seen]];
}

function passed(me: Thread, rules: Rules): Change[] {
  const due = me.due > 0 && rules.counted.includes('passed') ? me.due + 1 : me.due;
  return [['publish nothing', due >= rules.ringAfterPolls ? { due, place: RING, then: END } : { due, place: END }]];
}

/** One step of the bell. What was published before the look is rung for, whatever the look shows. */
function ring(me: Thread, other: Thread, { ring: order }: Rules): Change {
  const isOver = me.rung + 1 >= order.length;
  const next: Partial<Thread> = { due: 0, late: -1, ...(isOver ? { rung: 0, place: me.then } : { rung: me.rung + 1 }) };
  const step = order.at(me.rung);
  if (step === 'look') return other.word === ASLEEP ? ['look: asleep', next] : ['look: awake', { ...next, rung: 0, place: me.then }];
  if (step === 'store') return ['store AWAKE for the other', next, { word: AWAKE }];
  if (step === 'notify') return ['notify', next, other.waits === 1 ? { waits: 0, place: WAKE } : {}];
  return ['saw nobody asleep', next];
}

function fallAsleep(me: Thread, { sleep }: Rules): Change {
  const step = sleep[me.place - SLEEP];
  const next = me.place - SLEEP + 1 === sleep.length ? WAIT : me.place + 1;
  if (step === 'flush') return me.due > 0 ? ['flush', { place: RING, then: next }] : ['nothing to flush', { place: next }];
  if (step === 'announce') return ['announce sleep', { word: ASLEEP, place: next }];
  return ['check once more', { place: me.input === 0 ? next : WAKE }];
}

function steps(state: State, rules: Rules): Step<State>[] {
  const [manager, vm] = state;
  const found: Step<State>[] = [
    ...changes(manager, vm, true, rules).map(([name, me, other]): Step<State> => [`manager: ${name}`, [{ ...manager, ...me }, { ...vm, ...other }]]),
    ...changes(vm, manager, false, rules).map(([name, me, other]): Step<State> => [`VM: ${name}`, [{ ...manager, ...other }, { ...vm, ...me }]]),
  ];
  // Nobody outside helps the two while an address is on its way.
  if (manager.waits === 1 && manager.held === SLOTS) found.push(['outside: ring', [{ ...manager, word: AWAKE, waits: 0, place: WAKE }, vm]]);
  return found;
}

/** Every state of the model, and the shortest way to one that must not be. */
export function explore(rules: Rules): { states: number; violation: Violation<What> | null } {
  const start: Thread = { input: 0, held: 0, word: AWAKE, waits: 0, place: POLL, then: 0, rung: 0, due: 0, late: -1, isIdle: 0 };
  return everyInterleaving<State, What>({
    start: [{ ...start, held: SLOTS }, start],
    key: ([manager, vm]) => `${Object.values(manager).join()};${Object.values(vm).join()}`,
    steps: (state) => steps(state, rules),
    wrong: (state, isStuck) => {
      if (isStuck) return 'lost wake-up';
      return state.some(({ late }) => late >= rules.ringAfterPolls) ? 'late wake-up' : null;
    },
  });
}
