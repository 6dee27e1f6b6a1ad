/**
 * Messages from the main thread to the packet manager and the VMs. A mailbox holds one message; what finds it taken waits here,
 * in its order.
 */
import { MailboxSender, encodeMessage } from '../ring/mailbox.js';
import { Bell } from '../ring/doorbell.js';
import type { ManagerMessage } from '../packet-manager/messages.js';
import type { VmMessage } from '../vm/vm.js';

/** What has a mailbox. */
interface Addressee {
  mailboxOffset: number;
  doorbellOffset: number;
}

interface Message {
  readonly text: Uint8Array;
  readonly sent: () => void;
  /** Called when the thread has obeyed, if somebody waits for that. */
  readonly obeyed?: () => void;
}

class MailboxQueue {
  readonly bell: Bell;
  readonly #sender: MailboxSender;
  readonly #waiting: Message[] = [];
  /** Of the message that lies in the mailbox. */
  #obeyed: (() => void) | undefined;

  constructor(buffer: ArrayBufferLike, { mailboxOffset, doorbellOffset }: Addressee) {
    this.#sender = new MailboxSender(buffer, mailboxOffset);
    this.bell = new Bell(buffer, doorbellOffset);
  }

  put(message: Message): void {
    this.#waiting.push(message);
    this.deliver();
  }

  /** Sends the next one if the last one was taken out. Returns how many that were. */
  deliver(): number {
    if (!this.#sender.ready) return 0;
    this.#obeyed?.();
    this.#obeyed = undefined;
    const message = this.#waiting.shift();
    if (message === undefined) return 0;
    this.#obeyed = message.obeyed;
    this.#sender.sendEncoded(message.text);
    this.bell.ring();
    message.sent();
    return 1;
  }

  /** Whoever waits is told that it is done: there is nobody left to obey. */
  close(): void {
    for (const { sent, obeyed } of this.#waiting.splice(0)) {
      sent();
      obeyed?.();
    }
    this.#obeyed?.();
    this.#obeyed = undefined;
  }
}

export class Mailboxes {
  readonly #manager: MailboxQueue;
  readonly #vms: readonly MailboxQueue[];
  #isClosed = false;

  constructor(buffer: ArrayBufferLike, manager: Addressee, vms: readonly Addressee[]) {
    this.#manager = new MailboxQueue(buffer, manager);
    this.#vms = vms.map((vm) => new MailboxQueue(buffer, vm));
  }

  /** Settles when the message lies in the mailbox. @throws RangeError when it does not fit one. */
  toManager(message: ManagerMessage): Promise<void> {
    return this.#send(this.#manager, message);
  }

  /** The same, to a VM. */
  toVm(at: number, message: VmMessage): Promise<void> {
    return this.#send(this.#vms[at], message);
  }

  /** Settles when every one of them has obeyed. @throws RangeError when the message does not fit a mailbox. */
  async toAll(message: ManagerMessage & VmMessage): Promise<void> {
    await Promise.all([this.#manager, ...this.#vms].map((queue) => new Promise<void>((resolve, reject) => { this.#send(queue, message, resolve).catch(reject); })));
  }

  /** Sends what can be sent; returns how many messages that were. */
  deliver(): number {
    let sent = 0;
    for (const queue of [this.#manager, ...this.#vms]) sent += queue.deliver();
    return sent;
  }

  /** Wakes the manager: it has something else to look at. */
  ringManager(): void {
    this.#manager.bell.ring();
  }

  ringAll(): void {
    for (const { bell } of [this.#manager, ...this.#vms]) bell.ring();
  }

  /** Nobody reads any more: whoever still waits, or comes now, is told at once. */
  close(): void {
    this.#isClosed = true;
    for (const queue of [this.#manager, ...this.#vms]) queue.close();
  }

  async #send(queue: MailboxQueue, message: ManagerMessage | VmMessage, obeyed?: () => void): Promise<void> {
    if (this.#isClosed) {
      obeyed?.();
      return;
    }
    // A message that does not fit is refused here, to whoever sends it.
    const text = encodeMessage(message);
    await new Promise<void>((sent) => { queue.put({ text, sent, ...(obeyed !== undefined && { obeyed }) }); });
  }
}
