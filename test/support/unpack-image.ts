import { basename } from 'node:path';
import { unpackImage } from '../../src/base-images/unpack-image.ts';
import { toErrorReport } from '../../src/model/error.ts';

// Unpacks an image as the builder does, in the namespaces that this program was started in. Prints errors as JSON and ends with status 1.
// usage: unpack-image.ts IMAGE TREE SCRATCH root|user-namespace
const [, , image = '', tree = '', scratch = '', privilege = ''] = process.argv;
try {
  await unpackImage({ image, name: basename(image), tree, scratch, isUserNamespace: privilege === 'user-namespace' });
} catch (error) {
  process.stdout.write(JSON.stringify(toErrorReport(error)));
  process.exitCode = 1;
}
