import { callerOf } from '../commands/caller.ts';
import { main } from '../commands/diskimage-builder.ts';

process.exitCode = await main(callerOf(process));
