import { formatReference, parseReference } from '../../ground/reference.ts'

/** Whether an image is one that `name` asks for: `NAME` all tags of a repository, `NAME:TAG` or `NAME@DIGEST` one of them. @throws InvalidValueError */
export function createNameFilter(name: string): (reference: string) => boolean {
  const wanted = parseReference(name)
  const isRepository = !/:[^/]*$|@/.test(name)
  return (reference) => {
    if (reference === '') return false
    const found = parseReference(reference)
    return isRepository ? found.host === wanted.host && found.repository === wanted.repository : formatReference(found) === formatReference(wanted)
  }
}
