import { callerOf } from '../commands/caller.ts';
import { main } from '../commands/dib-lint.ts';

process.exitCode = await main(callerOf(process));
