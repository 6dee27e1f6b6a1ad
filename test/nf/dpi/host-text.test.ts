/** Texts of hosts, kept for those who ask again. */
import { expect, it, vi } from 'vitest';
import { HostTexts } from '../../../src/nf/dpi/host-text.js';

/** As a dissector leaves a host: in an array that others have written to before. */
function padded(host: Buffer): { bytes: Buffer; length: number } {
  return { bytes: Buffer.concat([host, Buffer.from('older bytes')]), length: host.length };
}

it('are those of the bytes, whatever has the same place', () => {
  const texts = new HostTexts();
  for (let round = 0; round < 2; round++) {
    for (const host of ['example.org', 'example.net', 'example.or', '', 'xn--bcher-kva.example', 'bücher.example', 'Anna’s 🖨', 'b']) {
      const { bytes, length } = padded(Buffer.from(host));
      expect(texts.of(bytes, length, 5)).toBe(host);
      expect(texts.of(bytes, length, 5)).toBe(host);
    }
  }
});

it('have replacement characters for what is no UTF-8, also when a text of the same characters is kept', () => {
  const texts = new HostTexts();
  const { bytes, length } = padded(Buffer.from([0x61, 0xff, 0x62]));
  expect(texts.of(Buffer.from('a�b'), 5, 5)).toBe('a�b');
  expect(texts.of(bytes, length, 5)).toBe('a�b');
  // One byte that reads, as a character of its own, like the kept text's.
  expect(texts.of(Buffer.from([0xe9]), 1, 5)).toBe('�');
  expect(texts.of(Buffer.from('é'), 2, 5)).toBe('é');
  expect(texts.of(Buffer.from([0xe9]), 1, 5)).toBe('�');
});

it('are made once of what comes again', () => {
  const texts = new HostTexts();
  const { bytes, length } = padded(Buffer.from('example.org'));
  const made = vi.spyOn(bytes, 'toString');
  for (let time = 0; time < 3; time++) expect(texts.of(bytes, length, 5)).toBe('example.org');
  expect(made).toHaveBeenCalledTimes(1);
});
