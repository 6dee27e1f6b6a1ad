/** A strict reader of Prometheus' text exposition format 0.0.4: it throws where a lenient one would guess. */

export interface Metric {
  type: string;
  help: string;
  samples: { labels: Record<string, string>; value: number }[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const NUMBER = /^(NaN|[+-]Inf|[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?)$/;

export function readExposition(text: string): Map<string, Metric> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const metrics = new Map<string, Metric>();
  let help: { name: string; text: string } | null = null;
  let current: { name: string; metric: Metric } | null = null;
  for (const line of text.slice(0, -1).split('\n')) {
    const [, comment, name, rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (comment === 'HELP') {
      if (help !== null || metrics.has(name)) throw new Error(`a second HELP: ${line}`);
      help = { name, text: rest.replace(/\\(.)/g, (_, c: string) => unescaped(c, 'n\\')) };
      current = null;
    } else if (comment === 'TYPE') {
      if (help?.name !== name || !['counter', 'gauge'].includes(rest) || !NAME.test(name)) throw new Error(`a TYPE without its HELP: ${line}`);
      current = { name, metric: { type: rest, help: help.text, samples: [] } };
      metrics.set(name, current.metric);
      help = null;
    } else {
      const [, of, labels, value] = /^([^{ ]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (current?.name !== of) throw new Error(`a sample outside of its family: ${line}`);
      if (!NUMBER.test(value)) throw new Error(`no number: ${line}`);
      const sample = { labels: readLabels(labels ?? ''), value: Number(value.replace('Inf', 'Infinity')) };
      if (current.metric.samples.some((other) => JSON.stringify(other.labels) === JSON.stringify(sample.labels))) throw new Error(`the same sample twice: ${line}`);
      current.metric.samples.push(sample);
    }
  }
  return metrics;
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const [whole, name, quoted] = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?:,(?=.)|$)/.exec(rest) ?? [];
    if (whole === undefined || Object.hasOwn(labels, name)) throw new Error(`no labels: ${text}`);
    labels[name] = quoted.replace(/\\(.)/g, (_, c: string) => unescaped(c, 'n\\"'));
    rest = rest.slice(whole.length);
  }
  return labels;
}

function unescaped(character: string, allowed: string): string {
  if (!allowed.includes(character)) throw new Error(`\\${character} is no escape`);
  return character === 'n' ? '\n' : character;
}
