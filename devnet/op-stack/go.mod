module lockstep/devnet/op-stack

go 1.26.0

// Downloaded, and built inside a copy of itself: its own replace directives count only there.
require github.com/ethereum-optimism/optimism v1.19.6
