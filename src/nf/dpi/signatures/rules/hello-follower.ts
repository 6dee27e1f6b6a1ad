/** Hot: no allocation. Looks at how the stream of one direction of TLS begins, and shows that to the rules, once. */
import { bufferNumber } from './buffers.js';
import { Phase, RuleSideWord } from './flow-layout.js';
import { HelloName, HelloState } from './hello-name.js';
import type { Judge } from './judge.js';
import { ServerFlight, tellJa4 } from './tls-texts.js';

const SNI = bufferNumber('tls.sni');
const JA4 = bufferNumber('ja4.hash');

export class HelloFollower {
  readonly #judge: Judge;
  readonly #words: Uint32Array;
  readonly #hello = new HelloName();
  readonly #flight = new ServerFlight();

  constructor(judge: Judge, words: Uint32Array) {
    this.#judge = judge;
    this.#words = words;
  }

  /** TLS of a client in the window: only its hello, once. */
  client(bytes: Uint8Array, start: number, end: number, at: number, isFinal: boolean): void {
    const words = this.#words;
    if (words[at + RuleSideWord.phase] !== Phase.message) {
      words[at + RuleSideWord.pending] = end - start;
      return;
    }
    const state = this.#hello.read(bytes, start + words[at + RuleSideWord.pending], end);
    if (state === HelloState.more && !isFinal) return;
    words[at + RuleSideWord.phase] = Phase.over;
    words[at + RuleSideWord.pending] = end - start;
    if (state !== HelloState.whole) return;
    const { ranges, set } = this.#judge;
    const { bytes: hello, from, to, end: helloEnd } = this.#hello;
    ranges.begin(hello);
    if (to > from) ranges.set(SNI, from, to);
    if (!set.buffers[JA4].isEmpty) tellJa4(hello, helloEnd, ranges);
    this.#judge.judgeBuffers(false);
  }

  /** TLS of a server in the window: its first flight, once. */
  server(bytes: Uint8Array, start: number, end: number, at: number, isFinal: boolean): void {
    const words = this.#words;
    if (words[at + RuleSideWord.phase] !== Phase.message) {
      words[at + RuleSideWord.pending] = end - start;
      return;
    }
    const state = this.#flight.read(bytes, start + words[at + RuleSideWord.pending], end);
    if (state === HelloState.more && !isFinal) return;
    words[at + RuleSideWord.phase] = Phase.over;
    words[at + RuleSideWord.pending] = end - start;
    if (state === HelloState.none) return;
    const { ranges } = this.#judge;
    ranges.begin(bytes);
    this.#flight.tell(ranges);
    this.#judge.judgeBuffers(false);
  }
}
