/**
 * One page of plots, drawn from a CSV file of samples. No scripts: figures are SVG, the numbers stand below in tables.
 *
 *   node dist/bench/report/page.js samples.csv report.html
 */
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { fromCsv, type Table } from '../csv.js';
import { summariseCases, summariseRatios } from '../results.js';
import { tables } from '../tables.js';
import { escapeXml } from './axis.js';
import { drawBars } from './bars.js';
import { drawChart } from './chart.js';
import { figures } from './figures.js';
import { tellErrors } from '../tell-errors.js';

const STYLE = `
:root { color-scheme: light dark; --paper: #fdfdfb; --ink: #1d2126; --soft: #5b6470; --grid: #dfe2e6; --mark: #a33; --c0: #0b62a4; --c1: #c25b00; --c2: #237a3b; --c3: #8a3ea8; --c4: #b3282d; --c5: #00737d; --c6: #6b5a00; --c7: #555; --c8: #c2187a; --c9: #3d4fb3; --c10: #7a4a2b; --c11: #4d7a00; }
@media (prefers-color-scheme: dark) { :root { --paper: #15181c; --ink: #e6e8ea; --soft: #a0a8b2; --grid: #30363d; --mark: #ff8a80; --c0: #6cb6ff; --c1: #ffab5e; --c2: #6fd08c; --c3: #d6a1f0; --c4: #ff8f8f; --c5: #5fd3de; --c6: #e3cf5a; --c7: #bbb; --c8: #ff8ac6; --c9: #a5b4ff; --c10: #d9a580; --c11: #b5dd6a; } }
body { margin: 0 auto; max-width: 58rem; padding: 2rem 1.2rem 4rem; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, 'DejaVu Sans', sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 2.6rem 0 .2rem; }
p { margin: .2rem 0 .8rem; color: var(--soft); max-width: 46rem; } figure { margin: 0; }
svg { width: 100%; height: auto; font: 12.5px system-ui, 'DejaVu Sans', sans-serif; }
.grid { stroke: var(--grid); } .axis { stroke: var(--soft); } .mark { stroke: var(--mark); stroke-dasharray: 5 4; } .tick, .label { fill: var(--soft); }
.line { fill: none; stroke-width: 2; } .whisker { stroke-width: 1.4; opacity: .75; } .name { font-weight: 600; } .bar-name { fill: var(--ink); } .bar { opacity: .85; } .interval { stroke: var(--ink); stroke-width: 1.6; }
${Array.from({ length: 12 }, (_, k) => `.line.c${k}, .whisker.c${k} { stroke: var(--c${k}); } .dot.c${k}, .bar.c${k}, .name.c${k} { fill: var(--c${k}); }`).join('\n')}
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .82rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: .18rem .6rem; text-align: right; border-bottom: 1px solid var(--grid); } th { color: var(--soft); font-weight: 600; }
.word { text-align: left; } details { margin: .8rem 0; } summary { cursor: pointer; font-weight: 600; } dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; font-size: .88rem; } dt { color: var(--soft); } dd { margin: 0; }
`;

const ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['cpu', 'Processor'], ['cores', 'Cores'], ['availableCores', 'Cores usable'], ['quotaCores', 'Quota'], ['governor', 'Governor'], ['kernel', 'Kernel'], ['node', 'Node'], ['v8', 'V8'],
  ['flags', 'Flags of Node'], ['compiler', 'C compiler'], ['commit', 'Commit'], ['date', 'Date'], ['loadBefore', 'Load before'], ['loadAfter', 'Load after'], ['profile', 'Profile'], ['seed', 'Seed'],
];

function numbers({ samples }: Table): string {
  return tables({ cases: summariseCases(samples), ratios: summariseRatios(samples) }).map(({ title, columns, words, rows }) => {
    const cell = (tag: string) => (text: string, at: number): string => `<${tag}${at < words ? ' class="word"' : ''}>${escapeXml(text)}</${tag}>`;
    const body = rows.map((row) => `<tr>${row.map(cell('td')).join('')}</tr>`).join('\n');
    return `<details><summary>${escapeXml(title)}</summary><div class="scroll"><table><thead><tr>${columns.map(cell('th')).join('')}</tr></thead><tbody>\n${body}\n</tbody></table></div></details>`;
  }).join('\n');
}

/** @throws Error when the text is no table of samples. */
export function reportPage(csv: string, name?: string): string {
  const table = fromCsv(csv, name);
  const { environment, samples } = table;
  const cores = Number(environment.quotaCores || environment.availableCores || environment.cores);
  const drawn = figures(samples, cores).map(({ chart, says }) =>
    `<figure><h2>${escapeXml(chart.title)}</h2><p>${escapeXml(says)}</p>${'groups' in chart ? drawBars(chart) : drawChart(chart)}</figure>`);
  const warning = environment.profile === 'quick' ? '<p><strong>A quick run: it shows that everything works, and its numbers are no measurement.</strong></p>' : '';
  const early = environment.endedEarly === 'yes' ? '<p><strong>Ended early: these are the figures until then.</strong></p>' : '';
  const facts = ENVIRONMENT.map(([key, label]) => `<dt>${label}</dt><dd>${escapeXml(environment[key] || 'none, or not known')}</dd>`).join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Millrace benchmarks</title><style>${STYLE}</style></head><body>
<h1>Millrace benchmarks</h1>
<p>Every point, or bar, is the median of its repetitions, every thin line an interval that holds the true median with 95 % (the whole range, where repetitions are too few). Compare within this page, not with another machine's.</p>
${warning}${early}<dl>${facts}</dl>
${drawn.join('\n')}
<h2>Numbers</h2>
<p>Samples with every factor are in the CSV file that this page was drawn from.</p>
${numbers(table)}
</body></html>
`;
}

async function main([from, to]: readonly string[]): Promise<void> {
  if (from === undefined || to === undefined) throw new Error('usage: node dist/bench/report/page.js samples.csv report.html');
  await writeFile(to, reportPage(await readFile(from, 'utf8'), from));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await tellErrors(main(process.argv.slice(2)));
