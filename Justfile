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
    node dist/lockstep.js {{ args }}

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

# Run the scenarios on every EL at hand (geth and op-geth are built on first use) and print what each was seen to do.
test-els *args:
    npm run test:els -- {{ args }}

# Build geth, op-geth, op-node and op-batcher into .cache/els, and say where each client is.
els:
    npm run els

# Check alerts and dashboards with promtool.
rules:
    npm run rules

# Open the live page in a real Chromium, through every state; pictures are left in dist/screenshots.
page:
    npm run test:page

# Install what `npm pack` makes into an empty folder, and run it there.
packed:
    npm run packed

# Measure; `just bench --json FILE` keeps the figures.
bench *args:
    npm run bench -- {{ args }}

# The same on real execution clients.
bench-el *args:
    npm run bench:el -- {{ args }}

# What lockstep costs at the head of an OP Stack devnet.
bench-rest *args:
    npm run bench:rest -- {{ args }}

# Make docs/performance.md from the figures that those three wrote.
docs-performance *args:
    npm run docs:performance -- {{ args }}

# Regenerate the generated documents.
docs:
    npm run docs

# Take what the last test-els saw into docs/engines.md.
docs-engines:
    npm run docs:engines

# Build the container image (needs Docker).
image *args:
    docker build -f devnet/docker/Dockerfile -t lockstep {{ args }} .

# A source chain, a follower EL and lockstep between them; `just devnet up opstack` keeps a whole OP Stack up.
devnet *args:
    npm run devnet -- {{ args }}

# Everything the gate checks.
pr:
    bash .ci/run
