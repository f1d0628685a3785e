import { fromText, type ByteString } from '../../../kit/byteString.ts'
import { packagesEvidence, type FileEvidence } from '../fileEvidence.ts'
import { toPackage, type Package } from '../package.ts'
import { isLanguageFile } from './languageFile.ts'

/** apk's `installed`: paragraphs of lines `LETTER:VALUE`; apk-tools, doc/apk-v2.5. */
export function parseApkInstalled(text: string): FileEvidence {
  return packagesEvidence(text.split(/\n[ \t]*\n/).map(toApkPackage), [...ownedFiles(text)])
}

function toApkPackage(paragraph: string): Package | undefined {
  const fields = new Map<string, string>()
  for (const line of paragraph.split('\n')) if (line[1] === ':' && !fields.has(line[0] ?? '')) fields.set(line[0] ?? '', line.slice(2))
  const value = (letter: string): string => fields.get(letter) ?? ''
  return toPackage({
    kind: 'apk',
    name: value('P'),
    version: value('V'),
    architecture: value('A'),
    source: value('o') === '' ? undefined : { name: value('o'), version: '' },
    licenses: [value('L')],
    supplier: value('m'),
    homepage: value('U'),
  })
}

/** `F:` names a folder, `R:` a file in the last one. */
function* ownedFiles(text: string): Generator<ByteString> {
  let folder = ''
  for (const [, letter, name = ''] of text.matchAll(/^([FR]):(.*)$/gm)) {
    if (letter === 'F') folder = name === '' ? '' : `${name}/`
    else if (isLanguageFile(`${folder}${name}`)) yield fromText(`${folder}${name}`)
  }
}
