import { describe, expect, it } from 'vitest';
import { redactorFor } from '../../../src/report/redact.ts';

describe('the redactor', () => {
  it('hides the values of variables with secret names, the longest first', () => {
    const { text } = redactorFor({
      DIB_DEV_USER_PASSWORD: 'hunter2',
      API_TOKEN: 'hunter2hunter2',
      SIGNING_KEY: 'k+.e(y',
    });

    expect(text('useradd -p hunter2; curl hunter2hunter2; sign k+.e(y')).toBe('useradd -p ***; curl ***; sign ***');
  });

  it('leaves ordinary values, short ones and paths of keys alone', () => {
    const { text } = redactorFor({
      DIB_DEV_USER_AUTHORIZED_KEYS: '/home/ann/.ssh/keys',
      APT_KEY: '/etc/apt/key.gpg',
      USE_TOKEN: 'true',
      PIN_SECRET: '1',
    });

    const line = 'read /home/ann/.ssh/keys and /etc/apt/key.gpg, 1 true';
    expect(text(line)).toBe(line);
  });

  it('hides each line of a secret of several lines', () => {
    const { text } = redactorFor({ DEPLOY_KEY: '-----BEGIN KEY-----\nMIIEabcdef\n-----END KEY-----\n' });

    expect(text('+ echo MIIEabcdef')).toBe('+ echo ***');
  });

  it('hides credentials in URLs and leaves user names of other protocols', () => {
    const { text } = redactorFor({});

    expect(text('get https://ann:pw@host/x http://tok3n@host/ ftp://a:b@h ssh://git@host/repo a@b')).toBe(
      'get https://***@host/x http://***@host/ ftp://***@h ssh://git@host/repo a@b',
    );
  });

  it('leaves words that tell events apart alone, also where they are a secret', () => {
    const { event } = redactorFor({ ROOT_PASSWORD: 'step', OTHER_TOKEN: 'root' });
    const summary = { id: 'root.d/10-step', title: 'a step' };
    const envelope = { seq: 1, at: 2, buildId: 'step' } as const;

    expect(event({ kind: 'steps-planned', steps: [summary], ...envelope })).toEqual({
      kind: 'steps-planned',
      steps: [{ id: 'root.d/10-step', title: 'a ***' }],
      ...envelope,
    });
  });

  it('reaches every text of an event and nothing else', () => {
    const { event } = redactorFor({ ROOT_PASSWORD: 's3cret' });
    const error = { code: 'HOOK_FAILED', message: 'on s3cret', tail: ['+ passwd s3cret'] } as const;

    expect(event({ kind: 'build-finished', outcome: 'failed', ms: 7, error, seq: 1, at: 2, buildId: 'b' })).toEqual({
      kind: 'build-finished',
      outcome: 'failed',
      ms: 7,
      error: { code: 'HOOK_FAILED', message: 'on ***', tail: ['+ passwd ***'] },
      seq: 1,
      at: 2,
      buildId: 'b',
    });
  });
});
