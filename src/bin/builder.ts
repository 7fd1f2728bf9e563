import { runBuilder } from '../build/builder.ts';

process.exitCode = await runBuilder();
