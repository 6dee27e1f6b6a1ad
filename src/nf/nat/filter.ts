/** Hot: no allocation. Which packets from outside a binding lets in (RFC 4787 section 5). */
import { Binding, BindingKind, NONE } from './layout.js';
import type { Bindings } from './bindings.js';
import type { NatOptions } from './options.js';
import type { Peers } from './peers.js';

export class Filter {
  readonly #bindings: Bindings;
  readonly #peers: Peers;
  /** Whether remotes are noted for packets that leave: filtering by address. */
  readonly notesAddresses: boolean;
  readonly #isOpen: boolean;

  constructor(bindings: Bindings, peers: Peers, filtering: NatOptions['filtering']) {
    this.#bindings = bindings;
    this.#peers = peers;
    this.#isOpen = filtering === 'endpoint-independent';
    this.notesAddresses = filtering === 'address';
  }

  /** A packet leaves through this binding. Where there is no room to note it, answers of its flow pass all the same. */
  noteSent(at: number, remote: number): void {
    if (this.notesAddresses && at !== NONE) this.#peers.note(at, remote, 0);
  }

  /** A packet turns back to another inside host: its external end has been sent to. */
  noteSentInside(at: number, remote: number, port: number): void {
    if (!this.#isOpen && at !== NONE) this.#peers.note(at, remote, this.notesAddresses ? 0 : port);
  }

  /** @param isOpened whether a packet of the flow has left through this binding. */
  admits(at: number, isOpened: boolean, remote: number): boolean {
    if (this.#isOpen || isOpened || this.#isForAll(at)) return true;
    return this.notesAddresses && this.#peers.knows(at, remote, 0);
  }

  admitsInside(at: number, remote: number, port: number): boolean {
    return this.#isOpen || this.#isForAll(at) || this.#peers.knows(at, remote, this.notesAddresses ? 0 : port);
  }

  /** Static translations and forwarded ports were opened by whoever wrote the options. */
  #isForAll(at: number): boolean {
    return at === NONE || this.#bindings.words[at + Binding.kind] === BindingKind.forwarded;
  }
}
