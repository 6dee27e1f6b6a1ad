/**
 * Ports on interfaces in the packet manager's thread (`threads: one`): both halves of each, in turn with the
 * manager and its VMs, with the rings between them as ever. A packet passes from the socket that it came by to the one that it leaves
 * by without a thread being woken, and while there is nothing to do the thread waits for all interfaces at once.
 */
import { inspect } from 'node:util';
import type { SharedSpec } from '../memory/shared-spec.js';
import { RunState } from '../memory/shared-spec.js';
import type { InterfaceBackend } from '../port/live/backend.js';
import { detectDuplicates } from '../port/live/native/detect-duplicates.js';
import { ReceivingHalf, SendingHalf } from '../port/live/native/interface-halves.js';
import type { Libc } from '../port/live/native/libc.js';
import type { PortHalf, PortState, PortThreadSpec } from '../port/live/thread-spec.js';
import type { Pollable } from '../ring/poll-loop.js';

/** Longest sleep: main's messages wake nobody here, so it bounds how long they lie. */
const SLEEP_MS = 20;
/** While the system has frames for which there is no slot. */
const SHORT_SLEEP_MS = 1;
/** `struct pollfd`: descriptor, 32 bits; events and what came of them, 16 bits each. */
const POLLFD_BYTES = 8;
const CAME_OFFSET = 6;
const POLLIN = 1;
const POLLERR = 8;

/** A half of a port on an interface. */
export interface InlineHalf {
  thread: PortThreadSpec;
  backend: InterfaceBackend;
}

/** To main: a port cannot be served, or no more. */
export interface InlinePortFailure {
  failedPort: number;
  message: string;
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : inspect(thrown);
}

export class InlinePorts implements Pollable {
  readonly #libc: Libc;
  readonly #inner: Pollable;
  readonly #phase: () => number;
  readonly #fail: (failure: InlinePortFailure) => void;
  #receiving: readonly ReceivingHalf[];
  #sending: readonly SendingHalf[];
  readonly #requests: Uint8Array;
  readonly #wallMs: Float64Array;
  readonly #words: Int32Array;
  #hasEnded = false;
  /** Ports whose halves could not be made: the start fails by them. The manager still settles the books. */
  readonly unmade: InlinePortFailure[] = [];
  /** The port whose half has its turn, or had the last one; null: the manager has it, or a VM. An exception does not say whose it is. */
  #turn: string | null = null;

  /**
   * @param inner the manager, and VMs in its thread.
   * @param phase the run state.
   * @param tell tells main that a port went down or came up.
   * @param fail tells main that a port threw, and is served no more.
   * @param wallMs its first cell is the time of day, as `pollLoop` read it last.
   */
  constructor(libc: Libc, shared: SharedSpec, halves: readonly InlineHalf[], inner: Pollable, phase: () => number, tell: (state: PortState) => void, fail: (failure: InlinePortFailure) => void, wallMs: Float64Array) {
    this.#wallMs = wallMs;
    this.#fail = fail;
    this.#libc = libc;
    this.#inner = inner;
    this.#phase = phase;
    const hostOf = (thread: PortThreadSpec) => ({ shared, thread, tell: (up: boolean, detail: string) => { tell({ port: thread.port, up, detail }); } });
    const made = <Half>(half: PortHalf, make: (each: InlineHalf) => Half): Half[] => halves.filter(({ thread }) => thread.half === half).flatMap((each) => {
      try {
        return [make(each)];
      } catch (thrown) {
        this.unmade.push({ failedPort: each.thread.port, message: messageOf(thrown) });
        return [];
      }
    });
    this.#receiving = made('receive', ({ thread, backend }) => new ReceivingHalf(libc, backend, hostOf(thread)));
    this.#sending = made('send', ({ thread, backend }) => new SendingHalf(libc, backend, hostOf(thread)));
    this.#requests = new Uint8Array(this.#receiving.length * POLLFD_BYTES);
    this.#words = new Int32Array(this.#requests.buffer);
  }

  /** Looks whether other hosts have addresses of the legs: takes a second where there is something to look for. @returns also what a look threw. */
  detectDuplicates(): InlinePortFailure[] {
    const halves = this.#receiving.filter(({ candidate }) => candidate !== null);
    let found: (string | null)[];
    try {
      found = detectDuplicates(this.#libc, halves.map(({ candidate }) => candidate!));
    } catch (thrown) {
      // They are asked together: it may be of any, and all of them wait for it.
      found = halves.map(() => messageOf(thrown));
    }
    return found.flatMap((message, at) => (message === null ? [] : [{ failedPort: halves[at].port, message }]));
  }

  /** Packets may flow. */
  begin(): void {
    for (const half of this.#receiving) {
      this.#turn = half.name;
      try {
        half.greet();
      } catch (thrown) {
        this.#retire(thrown);
      }
    }
    this.#turn = null;
  }

  poll(): number {
    try {
      return this.#poll();
    } catch (thrown) {
      this.#retire(thrown);
      return 1;
    }
  }

  /** The port that had its turn threw: it gets none any more, and the chain is to end. The manager takes back what it held when main tells it to. */
  #retire(thrown: unknown): void {
    const name = this.#turn;
    this.#turn = null;
    if (name === null) throw thrown;
    for (const half of this.#receiving) {
      if (half.name !== name) continue;
      half.end.end();
      this.#fail({ failedPort: half.port, message: messageOf(thrown) });
    }
    for (const half of this.#sending) if (half.name === name) half.end.publish();
    this.#receiving = this.#receiving.filter((half) => half.name !== name);
    this.#sending = this.#sending.filter((half) => half.name !== name);
  }

  #poll(): number {
    let work = 0;
    const wallMs = this.#wallMs[0];
    if (this.#phase() === RunState.running) {
      for (const half of this.#receiving) {
        this.#turn = half.name;
        if (half.end.refill() > 0) work += half.poll(wallMs, false);
        else half.starve(wallMs);
      }
    } else if (!this.#hasEnded) {
      this.#hasEnded = true;
      for (const half of this.#receiving) {
        this.#turn = half.name;
        half.finish();
      }
    }
    this.#turn = null;
    const moved = this.#inner.poll();
    // What functions have returned leaves at once, before the system is asked for more.
    if (moved > 0) work += moved + this.#inner.poll();
    for (const half of this.#sending) {
      this.#turn = half.name;
      work += half.poll();
    }
    this.#turn = null;
    return work;
  }

  hasWork(): boolean {
    if (this.#inner.hasWork()) return true;
    for (const half of this.#sending) if (half.hasWork()) return true;
    return false;
  }

  flush(): void {
    this.#inner.flush();
  }

  restMs(): number {
    let rest = SLEEP_MS;
    for (const half of this.#sending) rest = Math.min(rest, half.restMs());
    for (const { end } of this.#receiving) if (end.count === 0) rest = SHORT_SLEEP_MS;
    return rest;
  }

  // ---- as the sleeper of its thread: it waits in the system

  announce(): void {
    // Who rings for this thread rings in vain: see SLEEP_MS.
  }

  cancel(): void {
    // As above.
  }

  /** Not called, as its thread never naps: frames that come would not wait until it is over. */
  pause(timeoutMs: number): void {
    this.wait(timeoutMs);
  }

  wait(timeoutMs: number): void {
    for (let k = 0; k < this.#receiving.length; k++) {
      const half = this.#receiving[k];
      // An interface that is gone is always readable, and frames that find no slot stay where they are.
      this.#words[2 * k] = half.isUp && half.end.count > 0 && !this.#hasEnded ? half.descriptor : -1;
      this.#words[2 * k + 1] = POLLIN;
    }
    if (this.#libc.poll(this.#requests, this.#receiving.length, Math.ceil(timeoutMs)) <= 0) return;
    for (let k = 0; k < this.#receiving.length; k++) {
      // A call that may wait is told why there is nothing.
      if ((this.#requests[k * POLLFD_BYTES + CAME_OFFSET] & POLLERR) === 0) continue;
      this.#turn = this.#receiving[k].name;
      try {
        this.#receiving[k].poll(Date.now(), true);
      } catch (thrown) {
        this.#retire(thrown);
        return;
      }
    }
    this.#turn = null;
  }
}
