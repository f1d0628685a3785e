/** What a build's client sends when asked: its standard input. `engine` fills it in. */
export interface ClientUploads {
  /** `path` is that of the URL `http://buildkit-session/…` by which the client names it. It may be asked for once. @throws RemoteError */
  receiveUpload(sessionId: string, path: string, signal: AbortSignal): AsyncIterable<Uint8Array>
}

const UPLOAD_HOST = 'http://buildkit-session/'

/** The path of an upload's URL; undefined where `url` is of the network. */
export function uploadPath(url: string): string | undefined {
  return url.startsWith(UPLOAD_HOST) ? url.slice(UPLOAD_HOST.length - 1) : undefined
}
