/** Details of flows are put together only where somebody is told them; protocols and hosts are the same either way. */
import { chain, dpi, run, type RuntimeEvent, type StartOptions } from 'millrace';
import { expect, it } from 'vitest';
import { EXAMPLE_CAPTURE } from '../support/captures.js';
import { detailsAsked } from './functions/details-asked.js';

const configuration = () => ({
  captures: { trace: { file: EXAMPLE_CAPTURE } },
  ports: { inside: { capture: 'trace', side: 'inside' as const }, outside: { capture: 'trace', side: 'outside' as const } },
  paths: [{ between: ['inside', 'outside'] as const, match: 'any', via: chain('look', [detailsAsked({}), dpi({})]) }],
});

it('nobody asks: the report says the same of protocols and hosts', async () => {
  const events: RuntimeEvent[] = [];
  const asked = async (options: StartOptions): Promise<[Record<string, unknown>, Record<string, number>]> => {
    const { protocols, hosts, vms, eventsLost } = await run(configuration(), options);
    expect(eventsLost).toBe(0);
    return [{ protocols, hosts }, vms[0].counters];
  };
  const [found, counters] = await asked({});
  expect(counters).toMatchObject({ asked: 0 });
  expect(await asked({ onEvent: (event) => events.push(event), describeFlows: false })).toEqual([found, counters]);
  expect(events.map(({ type }) => type)).not.toContain('describe-flow');
  expect(counters['not-asked']).toBeGreaterThan(0);
  expect(Object.keys(found['hosts'] as object).length).toBeGreaterThan(5);
  for (const options of [{ flows: true }, { onEvent: (event: RuntimeEvent) => events.push(event) }]) {
    const [same, counted] = await asked(options);
    expect(same).toEqual(found);
    expect(counted).toMatchObject({ asked: counters['not-asked'], 'not-asked': 0 });
  }
  expect(events.filter((event) => event.type === 'describe-flow' && Object.keys(event.details).length > 0).length).toBeGreaterThan(5);
});
