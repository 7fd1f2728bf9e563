/**
 * Reads the fields of the first stanza of a control file, such as a release file, signed in the clear or not. Names are in lower case;
 * lines that go on a field are joined by line breaks, without the blank in front.
 * @see deb822(5)
 */
export function firstStanza(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let name = '';
  for (const line of payload(text).split('\n')) {
    if (line.trim() === '' && fields.size > 0) break;
    if (line.startsWith('#')) continue;
    const field = /^([!-9;-~]+):[ \t]*(.*?)\s*$/.exec(line);
    if (field !== null && !/^[ \t]/.test(line)) {
      name = (field[1] ?? '').toLowerCase();
      fields.set(name, field[2] ?? '');
    } else if (/^[ \t]/.test(line) && name !== '') {
      fields.set(name, `${fields.get(name) ?? ''}\n${line.slice(1).trimEnd()}`);
    }
  }
  return fields;
}

/** What stands between the headers of a text signed in the clear and its signature; a text that is not signed is its own. */
function payload(text: string): string {
  const signed =
    /^-----BEGIN PGP SIGNED MESSAGE-----\r?\n(?:[^\r\n]+\r?\n)*\r?\n([\s\S]*?)\r?\n-----BEGIN PGP SIGNATURE-----/.exec(
      text,
    );
  return (signed?.[1] ?? text).replaceAll('\r\n', '\n').replaceAll(/^- /gm, '');
}
