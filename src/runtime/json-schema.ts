/**
 * The JSON schema of a YAML configuration, for editors: the shapes that the checker reads part by part, as one document, and
 * the options of the stock functions in it. Nothing that runs imports this file: it loads every stock function.
 */
import { z } from 'zod';
import { dpiOptions } from '../nf/dpi/options.js';
import { firewallSchema } from '../nf/firewall/options.js';
import { natOptions } from '../nf/nat/options.js';
import { captureShape, chainParts, longUseShape, name, pathShapes, portShapes, text, topParts } from './schema.js';

/** Options of each stock function, as a user writes them. */
const STOCK_OPTIONS = { firewall: firewallSchema, nat: natOptions, dpi: dpiOptions.in } as const;

const as = longUseShape.shape.as;

/** `- nat: { external: 203.0.113.1 }`, and nothing where all options have a default. */
function shortUse(called: keyof typeof STOCK_OPTIONS): z.ZodType {
  const options: z.ZodObject = STOCK_OPTIONS[called].extend({ as }).meta({ id: called, description: `Options of the stock function ${called}: docs/${called}.md.` });
  return z.strictObject({ [called]: hasDefaults(called) ? options.nullable() : options });
}

/** `- { function: nat, options: { external: 203.0.113.1 } }` */
function longUse(called: keyof typeof STOCK_OPTIONS): z.ZodType {
  const options: z.ZodObject = STOCK_OPTIONS[called].meta({ id: `${called}-options` });
  return z.strictObject({ function: z.literal(called), as, options: hasDefaults(called) ? options.optional() : options });
}

const hasDefaults = (called: keyof typeof STOCK_OPTIONS): boolean => STOCK_OPTIONS[called].safeParse({}).success;

const stock = Object.keys(STOCK_OPTIONS) as (keyof typeof STOCK_OPTIONS)[];

const { from } = longUseShape.shape;
const ownBody = z.looseObject({ from: from.unwrap(), as }).describe('Options of a network function of your own, with `from` and `as` among them.');

const use = z.union([
  ...stock.map(shortUse),
  z.enum(stock.filter(hasDefaults)).describe('A stock function with the options that it has by default.'),
  ...stock.map(longUse),
  longUseShape.extend({ from: from.unwrap() }),
  z.record(text, ownBody).describe('A network function of your own: its name, and under it its module and options.'),
]);

const functionList = z.array(use).min(1).meta({ id: 'functions', description: 'Network functions, from the inside to the outside.' });

const via = name.describe('Name of a chain.');

const documentShape = z.strictObject({
  $schema: z.string().optional(),
  captures: z.record(name, captureShape).optional(),
  ports: z.record(name, z.union([portShapes.capture, portShapes.file, portShapes.generator, portShapes.sink, portShapes.vxlan, portShapes.interface])),
  chains: z.record(name, z.union([functionList, z.strictObject({ functions: functionList, ...chainParts })])).optional(),
  paths: z.array(z.union([pathShapes.between.extend({ via }), pathShapes.oneWay.extend({ via })])).min(1),
  ...topParts,
});

/** What the schema cannot say (does the file exist?), `millrace check` says. */
export function configurationJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(documentShape, { io: 'input' });
  return { $schema, title: 'Millrace configuration', ...schema };
}
