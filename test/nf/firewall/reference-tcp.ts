/**
 * A TCP connection as the slow reference follows it: states by name, of the options only the window scale. Written from
 * docs/firewall.md; it shares no code with the firewall.
 */
export interface Segment {
  flags: number;
  sequence: number;
  acknowledgement: number;
  window: number;
  payload: number;
  isFragment: boolean;
  /** Of a SYN: the window scale that it offers. */
  scale?: number | null;
}

export type EndName = 'opener' | 'other';
type State = 'syn sent' | 'both syn' | 'syn received' | 'established' | 'half closed' | 'closing' | 'time wait' | 'closed';
type Kind = 'syn' | 'syn-ack' | 'fin' | 'ack' | 'rst';
export type Judgement = 'belongs' | 'passes' | 'impossible' | 'begins anew';

interface End {
  /** Whether it has sent anything that counts. */
  isKnown: boolean;
  end: number;
  maxEnd: number;
  window: number;
  acknowledged: number | null;
  hasClosed: boolean;
}

const [FIN, SYN, RST, ACK, URG] = [1, 2, 4, 16, 32];

export function kindOf(flags: number): Kind | null {
  const kinds: Record<number, Kind> = {
    [SYN]: 'syn', [SYN | URG]: 'syn', [SYN | ACK]: 'syn-ack', [FIN | ACK]: 'fin', [FIN | ACK | URG]: 'fin', [ACK]: 'ack', [ACK | URG]: 'ack', [RST]: 'rst', [RST | ACK]: 'rst',
  };
  return kinds[flags & (FIN | SYN | RST | ACK | URG)] ?? null;
}

/** Numbers go round at 2^32. */
const sum = (a: number, b: number): number => (a + b) >>> 0;
const isAfter = (a: number, b: number): boolean => sum(a, -b) !== 0 && sum(b, -a) >= 2 ** 31;
const endOf = ({ sequence, payload, flags }: Segment): number => sum(sequence, payload + ((flags & (SYN | FIN)) !== 0 ? 1 : 0));
const opposite = (end: EndName): EndName => (end === 'opener' ? 'other' : 'opener');
const unknown = (): End => ({ isKnown: false, end: 0, maxEnd: 0, window: 0, acknowledged: null, hasClosed: false });

export class ReferenceTcp {
  state: State;
  #isLenient: boolean;
  readonly #ends: Record<EndName, End> = { opener: unknown(), other: unknown() };
  #last: { kind: Kind; from: EndName; end: number; acknowledgement: number };
  #passedSyn: { end: number; window: number; scale: number | null } | null = null;
  #scales: Record<EndName, number | null>;

  constructor(first: Segment) {
    const kind = kindOf(first.flags)!;
    const end = endOf(first);
    const window = Math.max(1, first.window);
    this.state = kind === 'syn' ? 'syn sent' : 'established';
    this.#ends.opener = { ...unknown(), isKnown: true, end, maxEnd: kind === 'syn' ? end : sum(end, window), window };
    this.#scales = { opener: kind === 'syn' ? (first.scale ?? null) : null, other: null };
    this.#isLenient = kind !== 'syn' || first.isFragment;
    this.#last = { kind, from: 'opener', end, acknowledgement: first.acknowledgement };
  }

  get isOpening(): boolean {
    return ['syn sent', 'both syn', 'syn received'].includes(this.state);
  }

  /** What the segment is; `apply` says that it has passed. */
  judge(segment: Segment, from: EndName): { judgement: Judgement; apply: () => void } {
    const kind = kindOf(segment.flags);
    const note = (judgement: Judgement, also: () => void = () => undefined) => ({
      judgement,
      apply: () => {
        also();
        this.#last = { kind: kind!, from, end: endOf(segment), acknowledgement: segment.acknowledgement };
        if (kind === 'syn' && judgement === 'passes') this.#passedSyn = { end: endOf(segment), window: segment.window, scale: segment.scale ?? null };
      },
    });
    if (kind === null) return note('impossible');
    const next = this.#next(kind, from);
    if (next === 'impossible' || next === 'begins anew') return note(next);
    if (next === 'passes') {
      const isAnswered = kind === 'syn-ack' && this.#last.kind === 'syn' && this.#last.from === 'opener' && segment.acknowledgement === this.#passedSyn?.end;
      if (!isAnswered) return note('passes');
      this.#ends.opener = { ...unknown(), isKnown: true, end: this.#passedSyn!.end, maxEnd: this.#passedSyn!.end, window: Math.max(1, this.#passedSyn!.window) };
      this.#ends.other = unknown();
      this.#scales = { opener: this.#passedSyn!.scale, other: null };
      this.state = 'syn sent';
      this.#isLenient = false;
    }
    const target: State = next === 'passes' ? 'syn received' : next;
    return this.#judgeNumbers(segment, kind, from, target, note);
  }

  #judgeNumbers(segment: Segment, kind: Kind, from: EndName, target: State, note: (judgement: Judgement, also?: () => void) => { judgement: Judgement; apply: () => void }) {
    const receiver = this.#ends[opposite(from)];
    const sender = { ...this.#ends[from] };
    const isFirst = !sender.isKnown;
    const isNewSyn = kind === 'syn' && this.state === 'syn sent' && from === 'opener' && isAfter(endOf(segment), sender.end);
    let receiverEnd = receiver.end;
    let { sequence, acknowledgement } = segment;
    let end = endOf(segment);
    if (isFirst || isNewSyn) {
      const window = Math.max(1, segment.window);
      Object.assign(sender, { isKnown: true, end, maxEnd: (segment.flags & SYN) !== 0 ? end : sum(end, window), window });
      if ((segment.flags & SYN) === 0) {
        if (!receiver.isKnown) receiverEnd = acknowledgement;
        else if (acknowledgement === sum(receiverEnd, 1)) receiverEnd = acknowledgement;
      }
    }
    if ((segment.flags & ACK) === 0 || (kind === 'rst' && acknowledgement === 0)) acknowledgement = receiverEnd;
    if (kind === 'rst' && sequence === 0 && this.state === 'syn sent') {
      sequence = sender.end;
      end = sender.end;
    }
    const isOver = ['closing', 'time wait', 'closed'].includes(this.state);
    let judgement: Judgement = 'belongs';
    let isBeyond = false;
    if (!this.#isLenient && !(kind === 'rst' && isOver)) {
      const isAckRecent = isAfter(acknowledgement, sum(receiverEnd, -Math.max(sender.window, 66_000) - 1));
      const receiverWindow = receiver.isKnown ? receiver.window : 0;
      if (isAfter(acknowledgement, receiverEnd)) judgement = 'impossible';
      else if (isAfter(sequence, sender.maxEnd)) {
        isBeyond = isAckRecent && sum(end, 1 - sender.maxEnd) <= receiverWindow;
        judgement = isBeyond ? 'passes' : 'impossible';
      } else if ((receiver.isKnown && !isAfter(end, sum(sender.end, -receiverWindow - 1))) || !isAckRecent) judgement = 'passes';
    }
    if (kind === 'rst') {
      const isAnswer = this.#last.from !== from && segment.acknowledgement === this.#last.end && (segment.flags & ACK) !== 0;
      const answersOld = this.state === 'syn sent' && from === 'opener' && this.#last.kind === 'ack' && this.#last.from === 'other' && sequence === this.#last.acknowledgement;
      const answersPassed = answersOld || (isAnswer && (this.#last.kind === 'syn' || (this.#last.kind === 'ack' && this.isOpening)));
      const awaited = receiver.acknowledged;
      if (answersPassed) judgement = 'belongs';
      else if (!isOver && awaited !== null && !(sequence === 0 && this.state !== 'established')) {
        const isRightBehind = this.#last.from === from && sequence === this.#last.end;
        if (isAfter(awaited, sequence)) judgement = 'impossible';
        else if (this.state === 'established' && sequence !== awaited && !isRightBehind && judgement === 'belongs') judgement = 'passes';
      }
    }
    if (judgement === 'passes') return note('passes', () => { if (isBeyond) this.#ends[from].end = end; });
    if (judgement === 'impossible') return note('impossible');
    return note('belongs', () => {
      const saysNothing = kind === 'rst' && ['half closed', 'closing', 'time wait', 'closed'].includes(this.state);
      if (!saysNothing) this.#ends[from] = sender;
      if ((segment.flags & SYN) !== 0 && (isFirst || isNewSyn)) this.#scales[from] = segment.scale ?? null;
      if (!saysNothing) this.#count(segment, kind, from, end, acknowledgement, isFirst);
      if (kind === 'fin') sender.hasClosed = true;
      this.state = target;
      const other = this.#ends[opposite(from)];
      if (target === 'closing' && sender.acknowledged === other.end && other.acknowledged === sender.end) this.state = 'time wait';
      if (segment.isFragment) this.#isLenient = true;
    });
  }

  #count(segment: Segment, kind: Kind, from: EndName, end: number, acknowledgement: number, isFirst: boolean): void {
    const sender = this.#ends[from];
    const receiver = this.#ends[opposite(from)];
    const isSyn = kind === 'syn' || kind === 'syn-ack';
    const areScaled = this.#scales.opener !== null && this.#scales.other !== null;
    const window = segment.window * (areScaled && !isSyn ? 2 ** this.#scales[from]! : 1);
    if (isFirst && !isSyn && !receiver.isKnown) Object.assign(receiver, { end: acknowledgement, maxEnd: acknowledgement });
    sender.window = Math.max(sender.window, window);
    if (isAfter(end, sender.end)) sender.end = end;
    if ((segment.flags & ACK) !== 0 && (sender.acknowledged === null || isAfter(acknowledgement, sender.acknowledged))) sender.acknowledged = acknowledgement;
    if (receiver.isKnown && isAfter(end, sender.maxEnd)) receiver.window += sum(end, -sender.maxEnd);
    if (!isAfter(receiver.maxEnd, sum(acknowledgement, window))) receiver.maxEnd = sum(acknowledgement, window + (window === 0 ? 1 : 0));
  }

  /** The state after a segment of this kind, or what it is instead. */
  #next(kind: Kind, from: EndName): State | 'passes' | 'impossible' | 'begins anew' {
    const isReply = from === 'other';
    const { state } = this;
    const isOver = state === 'time wait' || state === 'closed';
    const hasClosed = this.#ends.opener.hasClosed || this.#ends.other.hasClosed;
    switch (kind) {
      case 'syn':
        if (isOver && (hasClosed || (this.#last.kind === 'rst' && this.#last.from === from))) return 'begins anew';
        if (state === 'syn sent') return isReply ? 'both syn' : 'syn sent';
        if (state === 'both syn') return 'both syn';
        return isReply ? 'impossible' : 'passes';
      case 'syn-ack':
        if (state === 'both syn') return 'syn received';
        if (!isReply) return state === 'syn received' ? state : 'impossible';
        return state === 'syn sent' ? 'syn received' : 'passes';
      case 'fin':
        if (state === 'syn sent' || state === 'both syn') return 'impossible';
        if (isOver) return state;
        return this.#ends[opposite(from)].hasClosed ? 'closing' : 'half closed';
      case 'ack':
        if (state === 'syn sent' || state === 'both syn') return isReply ? 'passes' : 'impossible';
        return state === 'syn received' && !isReply ? 'established' : state;
      case 'rst':
        return 'closed';
    }
  }
}
