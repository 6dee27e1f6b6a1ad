/** A VM in the packet manager's thread, as main sees it: what it tells and takes is what a VM's thread does (threads.ts). */

/** How long such a VM has for hearing that it is to end: one that does not has not come back from a packet. */
const PATIENCE_MS = 1000;

export class InlineVm {
  /** Resolves with null when the VM ended as it was told to, with the error otherwise. Never rejects. */
  readonly ended: Promise<Error | null>;
  readonly #tellEnd: () => void;
  readonly #killManager: () => void;
  #settle: (error: Error | null) => void = () => undefined;
  #impatience: NodeJS.Timeout | undefined;
  #isKilled = false;
  #isOver = false;

  /** @param killManager ends the whole thread: a function in a tight loop stops the packet manager too. */
  constructor(tellEnd: () => void, killManager: () => void) {
    this.#tellEnd = tellEnd;
    this.#killManager = killManager;
    this.ended = new Promise((resolve) => (this.#settle = resolve));
  }

  /** The thread has told of its end. */
  hasEnded(error: Error | null): void {
    clearTimeout(this.#impatience);
    this.#isOver = true;
    this.#settle(error ?? (this.#isKilled ? new Error('it was ended') : null));
  }

  kill(): void {
    if (this.#isKilled || this.#isOver) return;
    this.#isKilled = true;
    this.#tellEnd();
    this.#impatience = setTimeout(this.#killManager, PATIENCE_MS);
  }
}
