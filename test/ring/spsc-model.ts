/**
 * A small-step model of one ring and the doorbell of its consumer, and a search of every interleaving of its steps. A
 * step is one atomic operation or one plain access of shared memory; the letters are those of spsc-ring.ts and
 * doorbell.ts. What the machine may reorder is shown by other orders of the steps.
 */
import { everyInterleaving, type Step, type Violation } from './every-interleaving.js';

/** Addresses 1 … MESSAGES go through: the two indexes wrap round the entries twice, and past 2^32 once. */
const MESSAGES = 5;
const CAPACITY = 2;
const FIRST_INDEX = -2;

const AWAKE = 0;
const ASLEEP = 1;

/** The order of steps on each side. */
export interface Orders {
  produce: readonly ('write' | 'publish' | 'look')[];
  ring: readonly ('store' | 'notify')[];
  consume: readonly ('read' | 'release')[];
  sleep: readonly ('announce' | 'check')[];
  /** Slots that go round: each is in the ring at most once, so more than the capacity is a mistake. */
  slots: number;
}

/** As the code has it. */
export const AS_WRITTEN: Orders = {
  produce: ['write', 'publish', 'look'], // entries, (A), (F)
  ring: ['store', 'notify'], // (G)
  consume: ['read', 'release'], // entries, (C)
  sleep: ['announce', 'check'], // (E), (B)
  slots: CAPACITY,
};

/** Shared memory, then what each thread has in its registers. Flat numbers, so that a state is its own key. */
interface State {
  producerIndex: number;
  consumerIndex: number;
  entry0: number;
  entry1: number;
  word: number;
  /** The consumer is in the queue of waiters. */
  waits: number;
  /** Producer: place in its program, index, addresses made, size of the burst and how much of it is written, flag seen. */
  at: number;
  index: number;
  made: number;
  burst: number;
  written: number;
  sawAsleep: number;
  /** Consumer: place in its program, index, size of the burst, how much of it is read, addresses received. */
  place: number;
  taken: number;
  found: number;
  read: number;
  received: number;
}

export type What = 'occupancy' | 'wrong address' | 'lost wake-up';


// Places in the consumer's program.
const LOAD = 0;
const CONSUME = 1;
const SLEEP = 3;
const WAIT = 5;
const WAKE = 6;

function producerSteps(state: State, orders: Orders): Step<State>[] {
  const step = orders.produce[state.at];
  if (state.at === 0 && state.burst === 0) {
    const room = Math.min(orders.slots - ((state.index - state.consumerIndex) | 0), MESSAGES - state.made);
    return Array.from({ length: Math.max(0, room) }, (_, k): Step<State> => [`burst of ${k + 1}`, { ...state, burst: k + 1, written: 0 }]);
  }
  if (state.at < orders.produce.length) {
    const after = { ...state, at: state.at + 1 };
    if (step === 'look') return [['look at the flag', done({ ...after, sawAsleep: state.word }, orders)]];
    if (step === 'publish') return [['publish', done({ ...after, producerIndex: (state.index + state.burst) | 0 }, orders)]];
    const entry = ((state.index + state.written) & 1) === 0 ? 'entry0' : 'entry1';
    const written = state.written + 1;
    const next = { ...(written === state.burst ? after : state), written, [entry]: state.made + written };
    return [[`write ${state.made + written}`, done(next, orders)]];
  }
  const bell = orders.ring[state.at - orders.produce.length];
  const after = done({ ...state, at: state.at + 1 }, orders);
  if (bell === 'store') return [['store AWAKE', { ...after, word: AWAKE }]];
  return [['notify', state.waits === 1 ? { ...after, waits: 0, place: WAKE } : after]];
}

/** Goes on to the next burst when this one is over, with or without the bell. */
function done(state: State, orders: Orders): State {
  const end = orders.produce.length + (state.sawAsleep === ASLEEP ? orders.ring.length : 0);
  if (state.at < end) return state;
  return { ...state, at: 0, index: (state.index + state.burst) | 0, made: state.made + state.burst, burst: 0, written: 0, sawAsleep: AWAKE };
}

function consumerSteps(state: State, orders: Orders): Step<State>[] {
  const { place } = state;
  if (state.waits === 1) return [];
  const found = (state.producerIndex - state.taken) | 0;
  if (place === LOAD) return [['load the index', found === 0 ? { ...state, place: SLEEP } : { ...state, place: CONSUME, found, read: 0 }]];
  if (place < SLEEP) {
    const last = place + 1 === SLEEP;
    const after = { ...state, place: last ? LOAD : place + 1 };
    if (orders.consume[place - CONSUME] === 'release') {
      return [['release', settled({ ...after, consumerIndex: (state.taken + state.found) | 0 }, last)]];
    }
    const address = ((state.taken + state.read) & 1) === 0 ? state.entry0 : state.entry1;
    const read = state.read + 1;
    const received = address === state.received + 1 ? address : -1;
    const isAll = read === state.found;
    return [[`read ${address}`, settled({ ...(isAll ? after : state), read, received }, last && isAll)]];
  }
  if (place < WAIT) {
    if (orders.sleep[place - SLEEP] === 'announce') return [['announce sleep', { ...state, word: ASLEEP, place: place + 1 }]];
    return [['check once more', { ...state, place: found === 0 ? place + 1 : WAKE }]];
  }
  if (place === WAIT) return [['wait', state.word === ASLEEP ? { ...state, waits: 1 } : { ...state, place: WAKE }]];
  return [['store AWAKE again', { ...state, word: AWAKE, place: LOAD }]];
}

/** Moves the consumer's own index on when its burst is over. */
function settled(state: State, isOver: boolean): State {
  return isOver ? { ...state, taken: (state.taken + state.found) | 0, found: 0, read: 0 } : state;
}

function wrong(state: State, isStuck: boolean): What | null {
  const occupancy = (state.producerIndex - state.consumerIndex) | 0;
  if (occupancy < 0 || occupancy > CAPACITY) return 'occupancy';
  if (state.received === -1) return 'wrong address';
  // Nobody can go on: right only when everything has arrived.
  return isStuck && state.received !== MESSAGES ? 'lost wake-up' : null;
}

/** Every state of the model, and the shortest way to one that must not be. */
export function explore(orders: Orders): { states: number; violation: Violation<What> | null } {
  const start: State = {
    producerIndex: FIRST_INDEX, consumerIndex: FIRST_INDEX, entry0: 0, entry1: 0, word: AWAKE, waits: 0,
    at: 0, index: FIRST_INDEX, made: 0, burst: 0, written: 0, sawAsleep: AWAKE,
    place: LOAD, taken: FIRST_INDEX, found: 0, read: 0, received: 0,
  };
  const named = (who: string, steps: Step<State>[]): Step<State>[] => steps.map(([name, next]) => [`${who}: ${name}`, next]);
  return everyInterleaving({
    start,
    key: (state) => Object.values(state).join(),
    steps: (state) => [...named('producer', producerSteps(state, orders)), ...named('consumer', consumerSteps(state, orders))],
    wrong,
  });
}
