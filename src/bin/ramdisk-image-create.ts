import { callerOf } from '../commands/caller.ts';
import { main } from '../commands/disk-image-create.ts';

process.exitCode = await main(callerOf(process));
