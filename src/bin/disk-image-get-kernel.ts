import { callerOf } from '../commands/caller.ts';
import { main } from '../commands/disk-image-get-kernel.ts';

process.exitCode = await main(callerOf(process));
