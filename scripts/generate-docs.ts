import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { elementsPage, elementsSearchPage } from './elements-page.ts';
import { referencePages } from './reference-pages.ts';

const folder = fileURLToPath(new URL('../docs/reference', import.meta.url));
await mkdir(folder, { recursive: true });
for (const [name, text] of referencePages()) await writeFile(path.join(folder, name), text);
await writeFile(path.join(folder, '../elements.md'), await elementsPage());
await writeFile(path.join(folder, '../elements.html'), await elementsSearchPage());
