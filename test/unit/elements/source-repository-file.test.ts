import { describe, expect, test } from 'vitest';
import { sourceRepositoryIssues } from '../../../src/elements/source-repository-file.ts';
import type { Environment } from '../../../src/model/request.ts';

function faults(text: string, env: Environment = {}): readonly string[] {
  return sourceRepositoryIssues('f', text, env).map(
    ({ message, place }) => `${place?.line}:${place?.column} ${message}`,
  );
}

describe('a line of a source-repository file', () => {
  test.each([
    'agent git /opt/agent https://host/agent main',
    'agent  git\t/opt/agent  https://host/agent',
    'agent tar /opt/agent https://host/agent.tgz *',
    'agent file /opt/agent https://host/agent # a comment: not <shell>',
    "# don't read this",
    '',
    'agent $TYPE opt',
    '$LINE',
    'agent git /opt/agent https://host/$NAME a b c',
    'agent git /opt/agent \\\nhttps://host/agent',
  ])('%s is no fault', (line) => {
    expect(faults(`${line}\n`)).toEqual([]);
  });

  test.each([
    ['agent', '1:1 "agent" has no type'],
    ['agent gti /opt/agent https://host/agent', '1:7 "gti" is no type of source'],
    ['agent gti $REST', '1:7 "gti" is no type of source'],
    ['agent git', '1:1 "agent" has no destination'],
    ['agent git opt/agent https://host/agent', '1:11 "opt/agent" is no destination, for it does not begin with "/"'],
    ['agent git opt $URL', '1:11 "opt" is no destination, for it does not begin with "/"'],
    ['agent git /opt/agent', '1:1 "agent" has no location'],
    ['agent git /opt/agent https://host/agent main more', '1:46 "more" is a word too many'],
    ['agent package', '1:7 "agent" has the type package, which cannot be installed from source'],
  ])('%s is refused at its place', (line, message) => {
    expect(faults(line)).toEqual([message]);
  });

  test('is judged with the variables that replace its fields', () => {
    expect(faults('my-agent git /opt/agent', { DIB_REPOLOCATION_my_agent: '/srv/agent' })).toEqual([]);
    expect(faults('my-agent package /opt/agent /srv/agent', { DIB_REPOTYPE_my_agent: 'git' })).toEqual([]);
    expect(faults('my-agent git /opt/agent /srv/agent', { DIB_REPOTYPE_my_agent: 'svn' })).toEqual([
      '1:10 "my-agent" has the type svn, which cannot be installed from source',
    ]);
    expect(faults('my-agent package', { DIB_INSTALLTYPE_my_agent: 'package' })).toEqual([]);
    expect(faults('my-agent package', { DIB_DEFAULT_INSTALLTYPE: 'package' })).toEqual([]);
  });

  test('names the type that was meant, and all there are', () => {
    expect(sourceRepositoryIssues('f', 'agent tra /opt/a /srv/a', {})).toMatchObject([
      { hint: 'Did you mean tar? Types: git, tar, file, package.' },
    ]);
  });
});
