/** Where an image's config has the records of a build cache, of whose layers the image itself is made: base64 of JSON. */
export const INLINE_CACHE_FIELD = 'moby.buildkit.cache.v0'
