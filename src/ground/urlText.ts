/** URLs as texts: what a user wrote is kept as it is, but for what is secret in it. */

/** With `xxxxx` for each user name and password in `text`, which may be a URL or hold some. The user of an ssh URL is no secret. */
export function redactUrls(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/)([^\s/?#@]+)@/gi, (whole, scheme: string, user: string) => {
    if (user.includes(':')) return `${scheme}xxxxx:xxxxx@`
    return /^ssh:/i.test(scheme) ? whole : `${scheme}xxxxx@`
  })
}

export function isHttpUrl(text: string): boolean {
  return /^https?:\/\//.test(text)
}

/** The last name of a URL's path, decoded; undefined where it has none that a file may have. */
export function fileNameOfUrl(url: string): string | undefined {
  const [, path = ''] = /^[^:]+:\/\/[^/?#]*([^?#]*)/.exec(url) ?? []
  return toFileName(decodePart(path))
}

/** The last name of `path`; undefined where it is none that a file may have. */
export function toFileName(path: string): string | undefined {
  const name = path.split('/').findLast((part) => part !== '') ?? ''
  return ['', '.', '..'].includes(name) || name.includes('\0') ? undefined : name
}

/** Percent-encoded bytes replaced; as it is where they are no text. */
export function decodePart(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
