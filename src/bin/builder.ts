import { runBuilder } from '../build/builder.ts';

const status = await runBuilder();
// Everything is written and nothing is open: an orderly end would only take its time to free the memory, page by page.
process.exit(status);
