type LoadInput = { readonly message: { readonly case: 'header'; readonly value: { readonly reference: string } } } | { readonly message: { readonly case: 'data'; readonly value: Uint8Array<ArrayBuffer> } }

/** An archive as `LocalEngine.Load` takes it; `reference` is for an image to which the archive gives no name. */
export async function* loadMessages(reference: string, archive: AsyncIterable<Uint8Array>): AsyncGenerator<LoadInput> {
  yield { message: { case: 'header', value: { reference } } }
  for await (const chunk of archive) yield { message: { case: 'data', value: new Uint8Array(chunk) } }
}
