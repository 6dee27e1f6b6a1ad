/** What the texts in a byte signature stand for. Apart from its schema, which no VM needs. */
const PORT_RANGE = /^(\d{1,5})-(\d{1,5})$/;

/** The bytes of pairs of hexadecimal digits, blanks left out; null when the text is something else. */
export function hexBytes(text: string): Uint8Array | null {
  const digits = text.replaceAll(/\s+/g, '');
  if (!/^([0-9a-fA-F]{2})+$/.test(digits)) return null;
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

/** The bytes that a signature looks for. */
export function signatureBytes({ content, hex }: { readonly content?: string | undefined; readonly hex?: string | undefined }): Uint8Array {
  if (content !== undefined) return new TextEncoder().encode(content);
  return hexBytes(hex ?? '') ?? new Uint8Array(0);
}

/** First and last port, both included, or null when the text is no range. */
export function portBounds(text: string | number): readonly [number, number] | null {
  if (typeof text === 'number') return [text, text];
  const parts = PORT_RANGE.exec(text);
  if (parts === null) return /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? [Number(text), Number(text)] : null;
  const from = Number(parts[1]);
  const to = Number(parts[2]);
  return from <= to && to <= 65535 ? [from, to] : null;
}
