/** What all plots have: texts that XML can hold, values as they are written, and where an axis is marked. */

export const escapeXml = (text: string): string => text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign]!);

/** At powers of ten, or at round values from zero on. */
export function roundTicks(low: number, high: number, log: boolean): number[] {
  if (log) {
    const ticks: number[] = [];
    const narrow = Math.log10(high / low) < 2.2;
    for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) for (const step of narrow ? [1, 2, 5] : [1]) ticks.push(step * 10 ** power);
    return ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
  }
  const raw = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw)!;
  return Array.from({ length: Math.floor(high / step) + 1 }, (_, k) => k * step).filter((tick) => tick >= low);
}

export const plain = (value: number): string => (value >= 1e6 ? `${+(value / 1e6).toPrecision(3)} M` : value >= 1e4 ? `${+(value / 1e3).toPrecision(3)} k` : String(+value.toPrecision(value >= 1000 ? 4 : 3)));
