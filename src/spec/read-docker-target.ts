import type { ImageFormat } from '../model/artifact.ts';
import type { SettingReader } from './setting-reader.ts';

/** A part of a path: small letters and digits, divided by a dot, one or two underscores, or dashes. */
const PART = '[a-z0-9]+(?:(?:[.]|_{1,2}|-+)[a-z0-9]+)*';
/** A registry, folders, a name and a tag. @see github.com/distribution/reference */
const NAME = new RegExp(
  `^(?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?${PART}(?:/${PART})*(?::[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127})?$`,
);

/** The name of the image in Docker, which the format `docker` needs. */
export function readDockerTarget(reader: SettingReader, formats: readonly ImageFormat[]): string | undefined {
  const written = reader.written('dockerTarget');
  const hint = 'Write REPOSITORY[:TAG] in small letters, such as --docker-target web:1.';
  if (written === undefined) {
    if (formats.includes('docker')) reader.fault('The format docker needs a name for the image', hint);
  } else if (!NAME.test(written.text)) {
    reader.fault(`${written.from} is "${written.text}", which is no name of a Docker image`, hint);
  }
  return written?.text;
}
