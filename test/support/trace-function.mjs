/**
 * Network functions for tests. `trace` writes its id and the slot that it sees into the packet's payload: behind the
 * UDP header lie a count and then five bytes for each hop. The others misbehave on purpose.
 */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineNetworkFunction, forward, perFlow } from 'millrace';

/** A Standard Schema that takes any options: a schema library would cost each VM of each test a tenth of a second. */
const optionsOf = (defaults) => ({ '~standard': { version: 1, vendor: 'millrace-tests', validate: (value) => ({ value: { ...defaults, ...value } }) } });

export const trace = defineNetworkFunction(import.meta.url, {
  name: 'trace',
  options: optionsOf({}),
  create: ({ options }) => (packet) => {
    const at = packet.start + packet.payloadOffset;
    if (packet.udp() === null || packet.payloadLength < 17) return forward;
    const place = at + 1 + 5 * packet.bytes[at];
    packet.bytes[place] = options.id;
    for (let k = 0; k < 4; k++) packet.bytes[place + 1 + k] = packet.slotIndex >>> (8 * k);
    packet.bytes[at]++;
    return forward;
  },
});

export const touch = defineNetworkFunction(import.meta.url, {
  name: 'touch',
  options: optionsOf({}),
  create: () => () => forward,
});

export const dropEvery = defineNetworkFunction(import.meta.url, {
  name: 'drop-every',
  options: optionsOf({}),
  drops: ['chosen'],
  create: ({ options, drop }) => {
    let seen = 0;
    return () => (++seen % options.nth === 0 ? drop.chosen : forward);
  },
});

/** Fails at its n-th packet, in one of the ways in which things fail. */
export const fail = defineNetworkFunction(import.meta.url, {
  name: 'fail',
  options: optionsOf({}),
  create: ({ options }) => {
    let seen = 0;
    return () => {
      if (++seen !== options.at) return forward;
      if (options.how === 'exit') process.exit(3);
      if (options.how === 'strange') throw new Proxy(new Error('it failed strangely'), {});
      if (options.how === 'loop') for (;;);
      if (options.how === 'memory') for (const hog = []; ; ) hog.push(new Array(1e6).fill(hog.length));
      throw new Error('it failed on purpose');
    };
  },
});

/** Does not come back from one of its handlers, or is never made. */
export const hang = defineNetworkFunction(import.meta.url, {
  name: 'hang',
  options: optionsOf({}),
  create: ({ options }) => {
    const hangIn = (handler) => { while (options.from === handler); };
    if (options.from === 'create') return new Promise(() => {});
    return { process: () => forward, expire: () => { hangIn('expire'); }, update: () => { for (;;); } };
  },
});

/** Drops what is out of order within its flow (by timestamp), so that a disorder shows as a drop. It keeps its state. */
export const orderGuard = defineNetworkFunction(import.meta.url, {
  name: 'order-guard',
  options: optionsOf({}),
  drops: ['out-of-order'],
  tables: { last: perFlow(2) },
  create: ({ drop, state }) => (packet) => {
    const at = state.last.of(packet.flowId);
    const { words } = state.last;
    const seconds = Math.floor(packet.timestampMs / 1000);
    const micros = Math.round((packet.timestampMs % 1000) * 1000);
    const later = seconds > words[at] || (seconds === words[at] && micros >= words[at + 1]);
    words[at] = seconds;
    words[at + 1] = micros;
    return later ? forward : drop['out-of-order'];
  },
});

/** Marks packets with a number that can be changed under traffic, or, without `live`, only by a replacement. */
export const stamp = defineNetworkFunction(import.meta.url, {
  name: 'stamp',
  options: optionsOf({ live: true }),
  create: ({ options }) => {
    let { value } = options;
    const process = (packet) => {
      packet.bytes[packet.start + packet.payloadOffset] = value;
      return forward;
    };
    return options.live ? { process, update: (next) => { value = next.value; } } : process;
  },
});

/** For every n-th packet makes another one like it, marked by the byte 0xee at the start of its payload. */
export const echoing = defineNetworkFunction(import.meta.url, {
  name: 'echoing',
  options: optionsOf({}),
  counters: ['refused'],
  create: ({ options, originate, send, counters }) => {
    let seen = 0;
    return (packet) => {
      if (++seen % options.nth !== 0) return forward;
      const { bytes, start, length, payloadOffset } = packet;
      const made = originate(packet, length);
      if (made === null) {
        counters.refused.add(1);
        return forward;
      }
      for (let k = 0; k < length; k++) made.bytes[made.start + k] = bytes[start + k];
      made.bytes[made.start + payloadOffset] = 0xee;
      send(made);
      return forward;
    };
  },
});

/** Turns every n-th packet round: swaps its ends and sends it back where it came from. */
export const refuse = defineNetworkFunction(import.meta.url, {
  name: 'refuse',
  options: optionsOf({}),
  drops: ['refused'],
  create: ({ options, reply }) => {
    let seen = 0;
    return (packet) => {
      if (packet.direction !== 0 || ++seen % options.nth !== 0) return forward;
      const ip = packet.ipv4();
      const { source, destination } = ip;
      ip.rewriteSource(destination);
      ip.rewriteDestination(source);
      return reply.refused;
    };
  },
});

/** Counts what passes, by direction. */
export const meter = defineNetworkFunction(import.meta.url, {
  name: 'meter',
  options: optionsOf({}),
  counters: ['forward', 'reverse'],
  create: ({ counters }) => (packet) => {
    (packet.direction === 0 ? counters.forward : counters.reverse).add(1);
    return forward;
  },
});

/** Takes new options only to fail. */
export const brittle = defineNetworkFunction(import.meta.url, {
  name: 'brittle',
  options: optionsOf({}),
  create: () => ({
    process: () => forward,
    update: () => {
      throw new Error('it takes no other value');
    },
  }),
});

/** Forgets to return a verdict, once. */
export const forgetful = defineNetworkFunction(import.meta.url, {
  name: 'forgetful',
  options: optionsOf({}),
  create: ({ options }) => {
    let seen = 0;
    return () => (++seen === options.at ? undefined : forward);
  },
});

/** Handles bursts: drops every n-th packet; may leave packets of a burst out, or fail at a packet. */
export const bursts = defineNetworkFunction(import.meta.url, {
  name: 'bursts',
  options: optionsOf({}),
  drops: ['bursts-chosen'],
  counters: ['bursts-whole'],
  create: ({ options, drop, counters }) => {
    let seen = 0;
    const judge = () => {
      if (++seen === options.failAt) throw new Error('it failed on purpose');
      return seen % options.nth === 0 ? drop['bursts-chosen'] : forward;
    };
    return {
      process: judge,
      processBurst: (burst) => {
        counters['bursts-whole'].add(1);
        let left = burst.count - (options.leave ?? -1);
        for (let packet = burst.next(); packet !== null && left-- > 0; packet = burst.next()) burst.decide(judge(packet));
      },
    };
  },
});

/** Holds its first packet for a while; other options need another VM, which cannot be created with `isSound: false`. */
export const hesitant = defineNetworkFunction(import.meta.url, {
  name: 'hesitant',
  options: optionsOf({ holdMs: 0, isSound: true, isEndless: false }),
  create: ({ options }) => {
    if (options.isEndless) return new Promise(() => {});
    if (!options.isSound) throw new Error('it is not sound');
    let holdMs = options.holdMs;
    return () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, holdMs);
      holdMs = 0;
      return forward;
    };
  },
});

/** Cannot be created. */
export const unmade = defineNetworkFunction(import.meta.url, {
  name: 'unmade',
  options: optionsOf({}),
  create: () => {
    throw new Error('it was not to be');
  },
});

/** Is created once a file is there; holds its first packet for a while. */
export const late = defineNetworkFunction(import.meta.url, {
  name: 'late',
  options: optionsOf({ holdMs: 0 }),
  create: async ({ options }) => {
    while (!existsSync(options.file)) await sleep(5);
    let { holdMs } = options;
    return () => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, holdMs);
      holdMs = 0;
      return forward;
    };
  },
});
