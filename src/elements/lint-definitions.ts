import { basename } from 'node:path';
import type { Issue } from '../model/error.ts';
import { parseDefinition } from '../yaml/definition-file.ts';
import type { LintFault, LintFile } from './lint-file.ts';
import { parsePackageInstalls } from './package-installs-file.ts';
import { readPackageMapText } from './pkg-map.ts';
import { sourceRepositoryIssues } from './source-repository-file.ts';
import { readServiceMapText } from './svc-map.ts';

/** A line of any install type is fine in itself; which one counts is known when an image is built. */
const ANY_INSTALL_TYPE = { DIB_DEFAULT_INSTALLTYPE: 'package' };

/** The faults of YAML and JSON files that cannot be read, and of definition files that a build would refuse. */
export function definitionFaults(file: LintFile): readonly LintFault[] {
  const unread = syntaxFaults(file);
  if (unread.length > 0) return unread;
  return definitionIssues(file).map((issue) => ({ ...issue, check: 'definition' }));
}

function syntaxFaults({ path, text, isExecutable }: LintFile): readonly LintFault[] {
  if (path.endsWith('.yaml')) {
    return parseDefinition(path, text).issues.map((issue) => ({ ...issue, check: 'yaml' }));
  }
  if (basename(path) !== 'pkg-map' || isExecutable) return [];
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const line = /line (\d+)/.exec(message)?.[1];
    const place = { file: path, line: line === undefined ? undefined : Number(line) };
    return [{ check: 'json', message: `is not valid JSON: ${message}`, place }];
  }
}

/** Programs of these names lie in `bin`, and are none of their files. */
function definitionIssues({ path, text, isExecutable }: LintFile): readonly Issue[] {
  const name = basename(path);
  if (isExecutable) return [];
  if (name === 'package-installs.yaml' || name === 'package-installs.json') {
    const { issues, warnings } = parsePackageInstalls('', path, text);
    return [...issues, ...warnings];
  }
  if (name === 'pkg-map') return readPackageMapText(path, text).issues;
  if (name === 'svc-map') return readServiceMapText(path, text).issues;
  return name.startsWith('source-repository-') ? sourceRepositoryIssues(path, text, ANY_INSTALL_TYPE) : [];
}
