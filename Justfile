# List the recipes.
default:
    @just --list --unsorted

# Install what the lockfile pins.
setup:
    npm ci

# Compile to dist/.
build:
    npm run build

# Run lockstep with the given arguments, e.g. `just run check --json`.
run *args: build
    node dist/src/main.js {{ args }}

# Format every file.
fmt:
    npm run fmt

# Lint, with type information.
lint:
    npm run lint

# Check types.
types:
    npm run types

# Run the tests.
test *args:
    npm test -- {{ args }}

# Follow a 300-block Prague chain into a real geth (built from its Go module on first use).
test-els *args:
    npm run test:els -- {{ args }}

# Measure; `just bench --json FILE` keeps the figures.
bench *args:
    npm run bench -- {{ args }}

# Regenerate the generated documents.
docs:
    npm run docs

# Build the container image (needs Docker).
image *args:
    docker build -f devnet/docker/Dockerfile -t lockstep {{ args }} .

# Start a source chain, a follower EL and lockstep between them.
devnet *args:
    npm run devnet -- {{ args }}

# Everything the gate checks.
pr:
    bash .ci/run
