import { fileURLToPath } from 'node:url';

/** Absolute path of the element library that comes with ingot. It is searched last. */
export const BUNDLED_ELEMENTS = fileURLToPath(new URL('../../elements', import.meta.url));
