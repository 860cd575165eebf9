/** The service as a release that has changed what every projection makes: the same code, each version one higher. */
import { projections } from '../../src/projections/index.ts';

for (const projection of projections) Object.assign(projection, { version: projection.version + 1 });
await import('../../src/main.ts');
