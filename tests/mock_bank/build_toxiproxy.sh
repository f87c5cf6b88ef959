#!/usr/bin/env bash
# Builds a real Toxiproxy of a checkout of its source with Debian's Go and Debian's libraries, without a network:
#   build_toxiproxy.sh CHECKOUT BINARY
# It wants golang-go, golang-github-{gorilla-mux,rs-zerolog,prometheus-client-golang,urfave-cli-v2}-dev and golang-gopkg-tomb.v1-dev.
set -euo pipefail
checkout=$(realpath "$1") binary=$(realpath -m "$2")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
root=$tree/src/github.com/Shopify/toxiproxy/v2
mkdir -p "$root" "$(dirname "$binary")"
cp -r "$checkout"/. "$root"
version=$(git -C "$checkout" describe --tags --abbrev=0 2>/dev/null || echo git)
cd "$root"
# The logger of Debian 12 hands two arguments, not three, to the function that shortens the names of files.
if ! grep -rqs "pc uintptr, file string, line int" /usr/share/gocode/src/github.com/rs/zerolog/globals.go; then
  sed -i 's/func(pc uintptr, file string, line int)/func(file string, line int)/' cmd/server/server.go
fi
GO111MODULE=off GOFLAGS='' GOPATH=$tree:/usr/share/gocode \
  go build -ldflags "-X github.com/Shopify/toxiproxy/v2.Version=${version#v}" -o "$binary" ./cmd/server
