// Package seal keeps bodies at rest encrypted: each organisation's under a
// data key of its own, each data key wrapped by a master key that lies in a
// file outside the store.
//
// It never keeps a master key in the store or a plain data key on disk, and
// never opens a body without checking that it was not altered.
//
// Invariants: a store that holds a data key does not open without the master
// key that wraps it; a key is never replaced, and dropped only when it is used
// for nothing new and the caller has proven that nothing lies under it; no
// commit keeps a body under a key that was replaced before it; a sealed body
// names its key.
//
// A sealed body is the byte 3, the byte 1 (this form), the number of the data
// key in two bytes (big endian), a nonce of 12 bytes, and the packed body under
// AES-256-GCM with the first four bytes as associated data.
//
// Spec: envelope encryption with random nonces, NIST SP 800-38D; at most 2³²
// bodies a data key, then rotate.
package seal
