import { callerOf } from '../commands/caller.ts';
import { main } from '../commands/ingot.ts';

process.exitCode = await main(callerOf(process));
