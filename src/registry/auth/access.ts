/** What a request is for. */
export interface Access {
  /** What errors name. */
  readonly subject: string
  /** `repository:library/alpine:pull` */
  readonly scopes: readonly string[]
}

/** RFC 7617. */
export function formatBasic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}
