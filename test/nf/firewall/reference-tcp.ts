/**
 * A TCP connection as the slow reference follows it: plain numbers (no sequence number here wraps round), states by name, no
 * options. Written from docs/firewall.md; it shares no code with the firewall.
 */
export interface Segment {
  flags: number;
  sequence: number;
  acknowledgement: number;
  window: number;
  payload: number;
  isFragment: boolean;
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

const endOf = ({ sequence, payload, flags }: Segment): number => sequence + payload + ((flags & (SYN | FIN)) !== 0 ? 1 : 0);
const opposite = (end: EndName): EndName => (end === 'opener' ? 'other' : 'opener');
const unknown = (): End => ({ isKnown: false, end: 0, maxEnd: 0, window: 0, acknowledged: null, hasClosed: false });

export class ReferenceTcp {
  state: State;
  #isLenient: boolean;
  readonly #ends: Record<EndName, End> = { opener: unknown(), other: unknown() };
  #last: { kind: Kind; from: EndName; end: number };
  #passedSyn: { end: number; window: number } | null = null;

  constructor(first: Segment) {
    const kind = kindOf(first.flags)!;
    const end = endOf(first);
    const window = Math.max(1, first.window);
    this.state = kind === 'syn' ? 'syn sent' : 'established';
    this.#ends.opener = { ...unknown(), isKnown: true, end, maxEnd: kind === 'syn' ? end : end + window, window };
    this.#isLenient = kind !== 'syn' || first.isFragment;
    this.#last = { kind, from: 'opener', end };
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
        this.#last = { kind: kind!, from, end: endOf(segment) };
        if (kind === 'syn' && judgement === 'passes') this.#passedSyn = { end: endOf(segment), window: segment.window };
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
    const isNewSyn = kind === 'syn' && this.state === 'syn sent' && from === 'opener' && endOf(segment) > sender.end;
    let receiverEnd = receiver.end;
    let { sequence, acknowledgement } = segment;
    let end = endOf(segment);
    if (isFirst || isNewSyn) {
      const window = Math.max(1, segment.window);
      Object.assign(sender, { isKnown: true, end, maxEnd: (segment.flags & SYN) !== 0 ? end : end + window, window });
      if ((segment.flags & SYN) === 0) {
        if (!receiver.isKnown) receiverEnd = acknowledgement;
        else if (acknowledgement === receiverEnd + 1) receiverEnd = acknowledgement;
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
      const isAckRecent = acknowledgement >= receiverEnd - Math.max(sender.window, 66_000);
      const receiverWindow = receiver.isKnown ? receiver.window : 0;
      if (acknowledgement > receiverEnd) judgement = 'impossible';
      else if (sequence > sender.maxEnd) {
        isBeyond = isAckRecent && end - sender.maxEnd + 1 <= receiverWindow;
        judgement = isBeyond ? 'passes' : 'impossible';
      } else if ((receiver.isKnown && end < sender.end - receiverWindow) || !isAckRecent) judgement = 'passes';
    }
    if (kind === 'rst') {
      const isAnswer = this.#last.from !== from && segment.acknowledgement === this.#last.end && (segment.flags & ACK) !== 0;
      const answersPassed = isAnswer && (this.#last.kind === 'syn' || (this.#last.kind === 'ack' && this.isOpening));
      const awaited = receiver.acknowledged;
      if (answersPassed) judgement = 'belongs';
      else if (!isOver && awaited !== null && !(sequence === 0 && this.state !== 'established')) {
        const isRightBehind = this.#last.from === from && sequence === this.#last.end;
        if (sequence < awaited) judgement = 'impossible';
        else if (this.state === 'established' && sequence !== awaited && !isRightBehind && judgement === 'belongs') judgement = 'passes';
      }
    }
    if (judgement === 'passes') return note('passes', () => { if (isBeyond) this.#ends[from].end = end; });
    if (judgement === 'impossible') return note('impossible');
    return note('belongs', () => {
      const saysNothing = kind === 'rst' && ['half closed', 'closing', 'time wait', 'closed'].includes(this.state);
      if (!saysNothing) this.#ends[from] = sender;
      if (!saysNothing) this.#count(segment, kind, from, end, acknowledgement);
      if (kind === 'fin') sender.hasClosed = true;
      this.state = target;
      const other = this.#ends[opposite(from)];
      if (target === 'closing' && sender.acknowledged === other.end && other.acknowledged === sender.end) this.state = 'time wait';
      if (segment.isFragment) this.#isLenient = true;
    });
  }

  #count({ window, flags }: Segment, kind: Kind, from: EndName, end: number, acknowledgement: number): void {
    const sender = this.#ends[from];
    const receiver = this.#ends[opposite(from)];
    if (kind !== 'syn' && kind !== 'syn-ack' && !receiver.isKnown) Object.assign(receiver, { end: acknowledgement, maxEnd: acknowledgement });
    sender.window = Math.max(sender.window, window);
    sender.end = Math.max(sender.end, end);
    if ((flags & ACK) !== 0) sender.acknowledged = Math.max(sender.acknowledged ?? acknowledgement, acknowledgement);
    if (receiver.isKnown && end > sender.maxEnd) receiver.window += end - sender.maxEnd;
    if (acknowledgement + window >= receiver.maxEnd) receiver.maxEnd = acknowledgement + window + (window === 0 ? 1 : 0);
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
