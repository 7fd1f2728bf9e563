import packageFile from '../../package.json' with { type: 'json' };

/** The version of ingot, such as `0.1.0`. */
export const VERSION: string = packageFile.version;
