/** What a VM shows of the packets that it has in hand, to those who watch. Asked only while somebody does. */
import type { SlotHeaders } from '../memory/slot-headers.js';
import { Direction, HeaderOffset, VerdictKind } from '../memory/slot-layout.js';
import { verdictKind, verdictReason } from '../nf/context.js';
import { forward, type Handlers, type Verdict } from '../nf/contract.js';
import type { Packet } from '../packet/packet.js';
import { ActiveWatches } from '../watch/active-watches.js';
import { RecordKind } from '../watch/record.js';
import { Recorder } from '../watch/recorder.js';
import { pointOf, type WatchPlace, type WatchSpec } from '../watch/watch-spec.js';

export class VmWatch {
  /** Somebody watches: looked at once a burst. */
  isOn = false;
  readonly #recorder: Recorder;
  readonly #headers: SlotHeaders;
  readonly #marks: Uint32Array;
  /** Among all functions of the runtime, those that the VM runs. */
  readonly #functions: readonly number[];
  #watches = new ActiveWatches([]);

  constructor(buffer: ArrayBufferLike, place: WatchPlace, headers: SlotHeaders, slotBytes: number, mainDoorbellOffset: number, functions: readonly number[]) {
    this.#recorder = new Recorder(buffer, place.ring, headers, slotBytes, mainDoorbellOffset);
    this.#headers = headers;
    this.#marks = new Uint32Array(buffer, place.marksOffset, headers.slotCount);
    this.#functions = functions;
    this.replace(place.watches);
  }

  replace(specs: readonly WatchSpec[]): void {
    this.#watches = new ActiveWatches(specs);
    this.isOn = !this.#watches.isEmpty;
  }

  /** The function at `place`, which has these handlers, has given its verdict on the packet. */
  passed(packet: Packet, place: number, handlers: Handlers<unknown>, verdict: Verdict): void {
    const watches = this.#watches;
    const { trace } = watches;
    const serial = trace === null ? 0 : this.#marks[packet.slotIndex];
    const text = serial === 0 ? '' : why(handlers, packet, verdict);
    const isAnswer = verdictKind(verdict) === VerdictKind.reply;
    // Whoever rewrites a packet into an answer leaves it to others to find its headers.
    if (isAnswer) packet.reparse();
    const route = this.#headers.u16[(packet.slotIndex << 5) + (HeaderOffset.path >> 1)];
    const { direction } = packet;
    const functionIndex = this.#functions[place];
    let bits = watches.tapsAt(packet, pointOf(route, direction, functionIndex), isAnswer);
    if (serial !== 0) {
      bits |= trace!.bit;
      watches.wantHeaders();
    }
    if (bits === 0) return;
    this.#recorder.write(packet, {
      watches: bits, kind: RecordKind.passed, verdict: verdictKind(verdict), reason: verdictReason(verdict), route, direction, hop: 0,
      function: functionIndex, serial, snapLength: watches.snapLength, text,
    });
  }

  /** A function has made this packet and sends it. */
  made(packet: Packet): void {
    const { u8 } = this.#headers;
    const last = this.#functions.length - 1;
    const hop = u8[(packet.slotIndex << 6) + HeaderOffset.hop];
    const place = last === 0 ? 0 : packet.direction === Direction.reverse ? last - hop : hop;
    this.passed(packet, place, NOTHING_TO_SAY, forward);
  }
}

const NOTHING_TO_SAY: Handlers<unknown> = { process: () => forward };

/** A function that cannot say why must not fall over it: that would change what is watched. */
function why({ explain }: Handlers<unknown>, packet: Packet, verdict: Verdict): string {
  if (explain === undefined) return '';
  try {
    return explain(packet, verdict);
  } catch (error) {
    return `(explain() failed: ${error instanceof Error ? error.message : String(error)})`;
  }
}
