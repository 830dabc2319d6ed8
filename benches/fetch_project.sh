#!/bin/sh
# Fetches the project that `cargo bench --bench ratios` indexes, Django 5.2.19, into target/bench. pip checks its hash.
set -eu
cd "$(dirname "$0")/.."
mkdir -p target/bench
echo 'django==5.2.19 --hash=sha256:5965d974a5218a2b68a11dd1276434707f23886525c23f0598eccedaf4f4ca00' > target/bench/project.txt
python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes --requirement target/bench/project.txt --dest target/bench ||
    { echo 'Django cannot be fetched: that needs python3 with pip, and the network or an index of packages that pip knows' >&2; exit 1; }
rm -rf target/bench/project
python3 -m zipfile -e target/bench/django-5.2.19-py3-none-any.whl target/bench/project
