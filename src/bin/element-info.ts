import { callerOf } from '../commands/caller.ts';
import { main } from '../commands/element-info.ts';

process.exitCode = await main(callerOf(process));
