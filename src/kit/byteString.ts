/**
 * A name or path as bytes, held in a string of which each character is one byte (0 to 255): so names that are not
 * UTF-8 survive, `===`, `Map` keys, `split('/')` and `<` (byte order) work, and ASCII reads as it is. It is not text:
 * `textOfBytes` makes text of it, to be shown; `bytesOf` makes what system calls take.
 */
export type ByteString = string & { readonly __brand: 'ByteString' }

export function fromBytes(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1') as ByteString
}

/** The UTF-8 of `text`. */
export function fromText(text: string): ByteString {
  return (isAscii(text) ? text : Buffer.from(text).toString('latin1')) as ByteString
}

/** For strings made of ByteStrings by slicing and joining with ASCII. */
export function asByteString(joined: string): ByteString {
  return joined as ByteString
}

export function bytesOf(name: ByteString): Buffer {
  return Buffer.from(name, 'latin1')
}

/** Bytes that are not UTF-8 become U+FFFD. */
export function textOfBytes(name: ByteString): string {
  return isAscii(name) ? name : Buffer.from(name, 'latin1').toString()
}

export function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text)
}
