import { InvalidValueError } from '../../ground/errors.ts'

/** A name of a project as Docker Compose makes one of a folder's name, or of any text; '' where nothing is left of it. */
export function normalizeProjectName(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9_-]/g, '').replace(/^[_-]+/, '')
}

/** A name that the user gave. @throws InvalidValueError */
export function parseProjectName(text: string): string {
  if (text !== '' && normalizeProjectName(text) === text) return text
  const close = normalizeProjectName(text)
  throw new InvalidValueError(`invalid project name: ${JSON.stringify(text)}`, { hint: `write lower-case letters, digits, - and _, a letter or digit first${close === '' ? '' : `: ${close}`}` })
}
