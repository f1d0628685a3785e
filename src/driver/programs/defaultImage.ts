/** What an engine runs from where no image was named: buildx's own choice. */
export const DEFAULT_IMAGE = 'moby/buildkit:buildx-stable-1'
