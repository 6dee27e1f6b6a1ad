/** Messages from the main thread to a worker: one at a time, in order, handled once, and answered. */
import { describe, expect, it } from 'vitest';
import { Mailboxes } from '../../src/runtime/mailboxes.js';
import { MAILBOX_BYTES, MAILBOX_TEXT_BYTES, encodeMessage, MailboxReceiver, MailboxSender } from '../../src/ring/mailbox.js';

const OFFSET = 64;

function mailbox() {
  const buffer = new SharedArrayBuffer(OFFSET + MAILBOX_BYTES);
  return { buffer, sender: new MailboxSender(buffer, OFFSET), receiver: new MailboxReceiver(buffer, OFFSET) };
}

function received(receiver: MailboxReceiver): unknown[] {
  const messages: unknown[] = [];
  while (receiver.poll((message) => messages.push(message)));
  return messages;
}

describe('the mailbox', () => {
  it('passes message after message, each once', () => {
    const { sender, receiver } = mailbox();
    expect([receiver.hasMessage, received(receiver)]).toEqual([false, []]);
    for (const message of [{ kind: 'update', options: { rules: ['deny any'] } }, 'Größe 日本', null, 0]) {
      expect(sender.ready).toBe(true);
      sender.send(message);
      expect([sender.ready, receiver.hasMessage]).toEqual([false, true]);
      expect(received(receiver)).toEqual([message]);
      expect([sender.ready, receiver.hasMessage]).toEqual([true, false]);
    }
  });

  it('refuses a message while the last one is not handled, and keeps that', () => {
    const { sender, receiver } = mailbox();
    sender.send('first');
    expect(() => sender.send('second')).toThrow('unread');
    expect(received(receiver)).toEqual(['first']);
  });

  it('counts a message as handled only when the receiver is done with it, even by throwing', () => {
    const { sender, receiver } = mailbox();
    sender.send(1);
    receiver.poll(() => expect(sender.ready).toBe(false));
    expect(sender.ready).toBe(true);
    sender.send(2);
    expect(() => receiver.poll(() => { throw new Error('receiver'); })).toThrow('receiver');
    expect([sender.ready, received(receiver)]).toEqual([true, []]);
  });

  it('does not show the rest of a longer message before', () => {
    const { sender, receiver } = mailbox();
    sender.send('x'.repeat(5000));
    received(receiver);
    sender.send([1]);
    expect(received(receiver)).toEqual([[1]]);
  });

  it('takes a text of its full size, and refuses a larger one without harm', () => {
    const { sender, receiver } = mailbox();
    const own = encodeMessage('x'.repeat(MAILBOX_TEXT_BYTES - 100)).length - (MAILBOX_TEXT_BYTES - 100); // what V8 adds to a text
    const largest = 'x'.repeat(MAILBOX_TEXT_BYTES - own);
    sender.send(largest);
    expect(received(receiver)).toEqual([largest]);
    expect(() => sender.send(`${largest}x`)).toThrow(RangeError);
    sender.send('next');
    expect(received(receiver)).toEqual(['next']);
  });

  it('gives an unhandled message to a receiver that comes later, as after a crash', () => {
    const { buffer, sender } = mailbox();
    sender.send('first');
    const restarted = new MailboxReceiver(buffer, OFFSET);
    expect(received(restarted)).toEqual(['first']);
    expect(received(new MailboxReceiver(buffer, OFFSET))).toEqual([]);
  });
});

describe('the mailboxes of main', () => {
  it('refuses to all what does not fit, to whoever sends it', async () => {
    const mailboxes = new Mailboxes(new SharedArrayBuffer(OFFSET + MAILBOX_BYTES), { mailboxOffset: OFFSET, doorbellOffset: 0 }, []);
    const watch = { kind: 'tap' as const, link: 0, filter: 'x'.repeat(MAILBOX_TEXT_BYTES) };
    await expect(mailboxes.toAll({ type: 'watch', watches: [watch as never] })).rejects.toThrow(RangeError);
  });
});
