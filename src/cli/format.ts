/** Numbers and paths as a person reads them. */
import { relative, sep } from 'node:path';

const GROUPED = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/**
 * Names out of packets may hold anything. Control characters could steer the terminal, and characters that turn the
 * direction of writing could make a line read as another.
 */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the ones
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, '\ufffd');
}

export function count(value: number): string {
  return GROUPED.format(value);
}

/** `3 packets`, `1 packet`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

export function bytes(value: number): string {
  let unit = 0;
  let scaled = value;
  while (scaled >= 1024 && unit < BYTE_UNITS.length - 1) {
    scaled /= 1024;
    unit++;
  }
  const digits = unit === 0 || scaled >= 100 || Number.isInteger(scaled) ? 0 : 1;
  return `${scaled.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

const BIT_UNITS = ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'];

/** Decimal, as line rates are. */
export function bitRate(bitsPerSecond: number): string {
  let unit = 0;
  let scaled = bitsPerSecond;
  while (scaled >= 999.5 && unit < BIT_UNITS.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${scaled.toFixed(unit === 0 || scaled >= 99.95 ? 0 : 1)} ${BIT_UNITS[unit]}`;
}

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A file as it is named from here: relative where that is shorter and does not climb far. */
export function shownPath(file: string, from = process.cwd()): string {
  const path = relative(from, file);
  return path === '' || path.startsWith(`..${sep}..`) ? file : path;
}
