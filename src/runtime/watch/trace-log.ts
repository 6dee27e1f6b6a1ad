/**
 * Puts the stories of traced packets together. A packet's records come from several threads, but once its end has been read,
 * all that was before it is here (watch-desk.ts). Stories are told in the order in which the packets came in. Main thread.
 */
import { formatFlowEnds } from '../../nf/flow-ends.js';
import { Direction } from '../../memory/slot-layout.js';
import { NO_FUNCTION, NO_ROUTE, RecordKind, type WatchedPacket } from '../../watch/record.js';
import { verdictName } from './capture-stream.js';
import { fieldChanges, flagText, headerFields, packetOf } from './header-fields.js';
import type { Links } from './links.js';
import type { PacketStory, StoryHop } from './packet-story.js';
import type { Names, Watcher } from './watcher.js';

/** Packets that may be under way: when an older one has not ended by then, the record of its end was lost. */
const MAX_UNDER_WAY = 65_536;

interface Trail {
  entered: WatchedPacket;
  passed: WatchedPacket[];
  ended: WatchedPacket | null;
}

export class TraceLog implements Watcher {
  readonly #names: Names;
  readonly #links: Links;
  readonly #tell: (story: PacketStory) => void;
  readonly #trails = new Map<number, Trail>();
  /** Of those that passed a function before they were heard to have come in: the rings are read one after another. */
  readonly #early = new Map<number, WatchedPacket[]>();
  #next = 1;
  #newest = 0;
  told = 0;
  skipped = 0;

  constructor(names: Names, links: Links, tell: (story: PacketStory) => void) {
    this.#names = names;
    this.#links = links;
    this.#tell = tell;
  }

  hasRoom(): boolean {
    return true;
  }

  take(record: WatchedPacket): void {
    const { serial, kind } = record;
    if (serial === 0) return;
    if (kind === RecordKind.entered) {
      this.#trails.set(serial, { entered: record, passed: this.#early.get(serial) ?? [], ended: null });
      this.#early.delete(serial);
      this.#newest = serial;
      return;
    }
    const trail = this.#trails.get(serial);
    if (kind === RecordKind.passed) {
      if (trail !== undefined) trail.passed.push(record);
      else if (serial >= this.#next) this.#early.set(serial, [...(this.#early.get(serial) ?? []), record]);
    } else if (trail !== undefined) {
      if (kind === RecordKind.answered) {
        // By a function: its own record says so. By a port: nothing else does.
        if (record.function === NO_FUNCTION) trail.passed.push(record);
      } else trail.ended = record;
    }
  }

  settle(): void {
    for (; ; this.#next++) {
      const trail = this.#trails.get(this.#next);
      if (trail === undefined || (trail.ended === null && this.#newest - this.#next < MAX_UNDER_WAY)) return;
      this.#conclude(trail);
    }
  }

  end(skippedInRings: number): void {
    this.skipped = skippedInRings;
    for (; this.#next <= this.#newest; this.#next++) this.#conclude(this.#trails.get(this.#next)!);
  }

  #conclude(trail: Trail): void {
    this.#trails.delete(this.#next);
    this.told++;
    this.#tell(this.#story(trail));
  }

  #story({ entered, passed, ended }: Trail): PacketStory {
    const { ports, functions, drops } = this.#names;
    // An answer travels back: what it passes then comes after all that was before it.
    const leg = ({ direction }: WatchedPacket): number => (direction === entered.direction ? 0 : 1);
    const hopOf = (record: WatchedPacket): number => this.#links.hopOf(record);
    const inOrder = passed.toSorted((a, b) => leg(a) - leg(b) || hopOf(a) - hopOf(b));
    let before = headerFields(entered);
    const hops = inOrder.map((record): StoryHop => {
      const after = headerFields(record);
      const changes = fieldChanges(before, after);
      before = after;
      return {
        function: record.function === NO_FUNCTION ? ports[record.egressPort] : functions[record.function],
        verdict: verdictName(record.verdict),
        reason: record.reason === 0 ? null : drops[record.reason],
        why: record.text,
        changes,
      };
    });
    return {
      number: entered.serial,
      seconds: entered.seconds,
      nanos: entered.nanos,
      port: ports[entered.ingressPort],
      path: entered.route === NO_ROUTE ? null : (this.#links.route(entered.route)?.name ?? null),
      direction: entered.direction === Direction.forward ? 'forward' : 'reverse',
      flowId: entered.flowId,
      length: entered.originalLength,
      packet: inBrief(entered),
      hops,
      outcome: this.#outcome(ended),
      isIncomplete: ended !== null && isGap(inOrder, ended, hopOf),
    };
  }

  #outcome(ended: WatchedPacket | null): PacketStory['outcome'] {
    if (ended === null) return { kind: 'unknown' };
    const { ports, functions, drops } = this.#names;
    if (ended.kind === RecordKind.sent) return { kind: 'transmitted', port: ports[ended.egressPort] };
    return { kind: 'dropped', reason: drops[ended.reason], by: ended.function === NO_FUNCTION ? null : functions[ended.function] };
  }
}

/** Whether hops are missing of a packet that was transmitted: it has passed all up to the one that it ended at. */
function isGap(passed: readonly WatchedPacket[], ended: WatchedPacket, hopOf: (record: WatchedPacket) => number): boolean {
  if (ended.kind !== RecordKind.sent) return false;
  const onLastLeg = passed.filter(({ direction }) => direction === ended.direction);
  return onLastLeg.length > 0 && onLastLeg.some((record, at) => hopOf(record) !== hopOf(onLastLeg[0]) + at);
}

function inBrief(record: WatchedPacket): string {
  const packet = packetOf(record);
  const tcp = packet.tcp();
  const icmp = packet.icmp() ?? packet.icmpv6();
  const detail = tcp !== null ? ` ${flagText(tcp.flags)}` : icmp !== null ? ` type ${icmp.type} code ${icmp.code}` : packet.isLaterFragment ? ' later fragment' : '';
  return `${formatFlowEnds(packet)}${detail}${packet.isMalformed ? ', malformed' : ''}`;
}
