/** Paths of Linux by their text alone: nothing is looked up. */

/** Without `.`, `..` and double slashes, as Go's `path.Clean`: '' is `.`, and nothing leads above `/`. */
export function cleanPath(path: string): string {
  const isAbsolute = path.startsWith('/')
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (!isAbsolute) parts.push(part)
  }
  const text = parts.join('/')
  if (isAbsolute) return `/${text}`
  return text === '' ? '.' : text
}

/** `path` seen from the folder `base`; clean. */
export function resolvePath(base: string, path: string): string {
  return cleanPath(path.startsWith('/') ? path : `${base}/${path}`)
}
