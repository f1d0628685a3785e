/** Says which of a client's stores a call of containerd's content service is about. */
export const STORE_HEADER = 'buildkit-attachable-store-id'
