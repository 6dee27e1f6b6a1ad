/** Writes schema/millrace.schema.json, which editors use for YAML configurations. Run: npx tsx scripts/make-schema.ts */
import { writeFileSync } from 'node:fs';
import { configurationJsonSchema } from '../src/runtime/json-schema.js';

writeFileSync(new URL('../schema/millrace.schema.json', import.meta.url), `${JSON.stringify(configurationJsonSchema(), null, 2)}\n`);
