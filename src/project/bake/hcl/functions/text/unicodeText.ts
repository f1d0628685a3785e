/** Texts as Go and HCL see them: by code points, or by what a reader takes for one character. */

const SPACE = '[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const AROUND = new RegExp(`^${SPACE}+|${SPACE}+$`, 'gu')
const ONE_SPACE = new RegExp(SPACE, 'u')

/** What a reader takes for one character: letters with their marks. */
export function charactersOf(text: string): readonly string[] {
  return [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment)
}

export function trimSpace(text: string): string {
  return text.replaceAll(AROUND, '')
}

/** Letter by letter, so that a text keeps its length: ß has no single capital. */
export function toUpper(text: string): string {
  return mapCase(text, (character) => character.toUpperCase())
}

export function toLower(text: string): string {
  // a dotted capital I is the one letter that becomes two, of which the dot is dropped
  return mapCase(text, (character) => (character === '\u0130' ? 'i' : character.toLowerCase()))
}

/** With a capital after whatever is neither letter, digit nor underscore. */
export function toTitle(text: string): string {
  let before = ' '
  return Array.from(text, (character) => {
    const converted = isSeparator(before) ? toUpper(character) : character
    before = character
    return converted
  }).join('')
}

function mapCase(text: string, convert: (character: string) => string): string {
  return Array.from(text, (character) => {
    const converted = convert(character)
    return Array.from(converted).length === 1 ? converted : character
  }).join('')
}

function isSeparator(character: string): boolean {
  if (character <= '\u007f') return !/\w/.test(character)
  return !/[\p{L}\p{Nd}]/u.test(character) && ONE_SPACE.test(character)
}
