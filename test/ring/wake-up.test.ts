/**
 * When a producer rings, with the real classes over shared memory: what is due, what is put off, and in which order the
 * atomic operations come. Every interleaving is in wake-up-model.test.ts, two threads in wake-up-stress.test.ts.
 */
import { afterEach, expect, describe, it, vi } from 'vitest';
import { Bell, DOORBELL_BYTES, Sleeper } from '../../src/ring/doorbell.js';
import { pollLoop } from '../../src/ring/poll-loop.js';
import { CONSUMER_INDEX_WORD, PRODUCER_INDEX_WORD, ringBytes } from '../../src/ring/ring-layout.js';
import { RingConsumer, RingProducer } from '../../src/ring/spsc-ring.js';
import { Waker, wakeUpSpec, type WakeUp } from '../../src/ring/wake-up.js';
import { Mesh, SHARE_BYTES } from '../../src/vnic/mesh.js';

const SLOTS = 1024;
const BURST = 64;
/** Polls in which a ring that was put off must come, whatever the exact bound: some tens of microseconds. */
const MANY_POLLS = 1000;
const SLEEPING: WakeUp[] = ['auto', 'latency', 'throughput'];

/** A producer, and a consumer that has fallen asleep. */
function sleepingConsumer(policy: WakeUp) {
  const buffer = new SharedArrayBuffer(ringBytes(2 * SLOTS) + 2 * DOORBELL_BYTES);
  const spec = { offset: 0, capacity: 2 * SLOTS };
  const bellAt = ringBytes(2 * SLOTS);
  const ring = new RingProducer(buffer, spec);
  const consumer = new RingConsumer(buffer, spec);
  const sleeper = new Sleeper(buffer, bellAt);
  const waker = new Waker(new Bell(buffer, bellAt), wakeUpSpec(policy, SLOTS, BURST, false));
  sleeper.announce();
  const publish = (count: number) => {
    for (let k = 0; k < count; k++) ring.push(k * 64);
    waker.published(ring.publish(), ring);
  };
  return { buffer, ring, consumer, sleeper, waker, publish, own: new Sleeper(buffer, bellAt + DOORBELL_BYTES), isAsleep: () => sleeper.word[0] === Sleeper.asleep };
}

it('lets threads that share cores nap while less than a quarter of the slots comes between two rests, where single packets do not count most, nor the next ones wait for these', () => {
  const napBelow = (policy: WakeUp, hasOwnCores: boolean): number => wakeUpSpec(policy, SLOTS, BURST, hasOwnCores).napBelow;
  expect((['throughput', 'auto', 'latency', 'poll'] as const).map((policy) => [napBelow(policy, false), napBelow(policy, true)])).toEqual([[SLOTS / 4, 0], [SLOTS / 4, 0], [0, 0], [0, 0]]);
  expect(wakeUpSpec('auto', 16 * SLOTS, BURST, false).napBelow).toBe(1024);
  expect(wakeUpSpec('auto', SLOTS, BURST, false, true).napBelow).toBe(0);
});

describe('a waker', () => {
  it.each(['auto', 'throughput'] as const)('puts off the ring for a full burst (%s), and flush makes up for it', (policy) => {
    const { publish, waker, isAsleep } = sleepingConsumer(policy);
    publish(BURST);
    expect(isAsleep()).toBe(true);
    waker.flush();
    expect(isAsleep()).toBe(false);
  });

  it('rings once for what it published: a flush with nothing due is silent', () => {
    const { publish, waker, sleeper, isAsleep } = sleepingConsumer('throughput');
    waker.flush();
    expect(isAsleep()).toBe(true);
    publish(BURST);
    waker.flush();
    sleeper.announce();
    waker.flush();
    for (let poll = 0; poll < MANY_POLLS; poll++) waker.passed();
    expect(isAsleep()).toBe(true);
  });

  it.each(SLEEPING)('puts nothing off for ever: polls without a publication count (%s)', (policy) => {
    const { publish, waker, isAsleep } = sleepingConsumer(policy);
    publish(BURST);
    let polls = 0;
    for (; isAsleep() && polls < MANY_POLLS; polls++) waker.passed();
    expect(isAsleep(), `asleep after ${polls} polls`).toBe(false);
  });

  it.each(SLEEPING)('and so do those with one, though the ring never fills (%s)', (policy) => {
    const { publish, consumer, isAsleep } = sleepingConsumer(policy);
    const taken = new Uint32Array(BURST);
    let polls = 0;
    for (; isAsleep() && polls < MANY_POLLS; polls++) {
      publish(BURST);
      consumer.release(consumer.peek(taken, BURST)); // whoever takes it is another; the sleeper sleeps
    }
    expect(isAsleep(), `asleep after ${polls} polls`).toBe(false);
  });

  it('rings at once for less than a burst where latency counts, for anything where it alone counts, and for much in any case', () => {
    for (const [policy, count, isRung] of [['auto', BURST - 1, true], ['throughput', 1, false], ['latency', BURST, true], ['throughput', SLOTS, true]] as const) {
      const { publish, isAsleep } = sleepingConsumer(policy);
      publish(count);
      expect(isAsleep(), `${policy}, ${count}`).toBe(!isRung);
    }
  });

  it('rings again for what is published to a consumer that fell asleep again', () => {
    const { publish, waker, sleeper, isAsleep } = sleepingConsumer('throughput');
    for (let round = 0; round < 3; round++) {
      sleeper.announce();
      publish(BURST);
      waker.flush();
      expect(isAsleep(), `round ${round}`).toBe(false);
    }
  });
});

it.each(['polls without packets', 'packets for another'] as const)('a VM in a mesh puts off no ring for ever, while it has %s', (has) => {
  const ring = ringBytes(2 * SLOTS);
  const bells = 2 * ring;
  const buffer = new SharedArrayBuffer(bells + 2 * DOORBELL_BYTES + SHARE_BYTES);
  const outputs = [0, 1].map((vm) => ({ vm, ring: { offset: vm * ring, capacity: 2 * SLOTS }, doorbellOffset: bells + vm * DOORBELL_BYTES }));
  const mesh = new Mesh(buffer, { inputs: [], outputs, shareOffset: bells + 2 * DOORBELL_BYTES }, wakeUpSpec('throughput', SLOTS, BURST, false));
  const sleeper = new Sleeper(buffer, bells);
  sleeper.announce();
  mesh.pushBurst(0, new Uint32Array(1), 0, 1);
  mesh.publish();
  expect(sleeper.word[0]).toBe(Sleeper.asleep);
  const other = new RingConsumer(buffer, outputs[1].ring);
  const taken = new Uint32Array(1);
  for (let poll = 0; poll < MANY_POLLS; poll++) {
    if (has === 'polls without packets') mesh.passed();
    else {
      mesh.pushBurst(1, taken, 0, 1);
      mesh.publish();
      other.release(other.peek(taken, 1));
    }
  }
  expect(sleeper.word[0]).not.toBe(Sleeper.asleep);
});

describe('a thread that publishes and has nothing more to do', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('stores the index, looks at the bell and rings, then announces its sleep, looks once more and waits', () => {
    const { ring, waker, own, publish, sleeper, consumer } = sleepingConsumer('throughput');
    const order: string[] = [];
    // The operations themselves are carried out; only their order is written down.
    const { load, store, notify } = Atomics;
    const nameOf = (array: unknown, index: number) => (array === sleeper.word || (array as Int32Array).byteOffset === sleeper.word.byteOffset ? 'bell' : (array as Int32Array).byteOffset === own.word.byteOffset ? 'own bell' : index === PRODUCER_INDEX_WORD ? 'producerIndex' : index === CONSUMER_INDEX_WORD ? 'consumerIndex' : '?');
    vi.spyOn(Atomics, 'load').mockImplementation(((array: Int32Array, index: number) => {
      order.push(`load ${nameOf(array, index)}`);
      return load(array, index);
    }) as typeof load);
    vi.spyOn(Atomics, 'store').mockImplementation(((array: Int32Array, index: number, value: number) => {
      order.push(`store ${nameOf(array, index)}`);
      return store(array, index, value);
    }) as typeof store);
    vi.spyOn(Atomics, 'notify').mockImplementation(((array: Int32Array, index: number, count: number) => {
      order.push(`notify ${nameOf(array, index)}`);
      return notify(array, index, count);
    }) as typeof notify);
    let polls = 0;
    let waits = 0;
    const work = {
      poll: () => {
        if (++polls > 1) return 0;
        publish(BURST);
        return BURST;
      },
      hasWork: () => {
        order.push('look once more');
        return false;
      },
      flush: () => {
        waker.flush();
      },
    };
    const ownSleeper = {
      announce: () => {
        own.announce();
      },
      cancel: () => {
        own.cancel();
      },
      wait: () => {
        order.push('wait');
        waits++;
        own.wait(0);
      },
      pause: () => undefined,
    };
    pollLoop(work, ownSleeper, () => waits > 0, { spins: 1, napBelow: 0, sleeps: true });
    expect(order.filter((step) => step !== 'load consumerIndex')).toEqual([
      'store producerIndex', // (A)
      'load bell', 'store bell', 'notify bell', // (F), (G)
      'store own bell', // (E)
      'look once more', // (B)
      'wait',
      'store own bell', // (H)
    ]);
    expect([ring.occupancy(), consumer.isEmpty()]).toEqual([BURST, false]);
  });
});
