import { callerOf } from '../commands/caller.ts';
import { main } from '../commands/fuel-image.ts';

process.exitCode = await main(callerOf(process));
