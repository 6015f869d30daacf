# make          set up what is missing and build build/release/sluice
# make demo     the same, then a migration of real data in under a minute
# make test     the release build for the tests of the program, a sanitizer build for those in C++,
#               then every test; the last line is the count
# make bench    sluice and its peers side by side; bench/results.json and results.svg
# make package  dist/sluice-VERSION-linux-amd64.tar.gz from the install tree

JOBS ?= $(shell nproc)
SOURCES = $(shell find src include tests -name '*.cc' -o -name '*.h' 2>/dev/null)

# `make` and `make release` build the program only; tests are built where they are run.
TARGET = all
release: TARGET = sluice
asan: TARGET = unit_tests contract_tests

.DEFAULT_GOAL := release
.PHONY: release setup dev asan demo test bench format tidy package clean

release dev asan: setup
	cmake --preset $@ >build/$@-configure.log 2>&1 || { cat build/$@-configure.log >&2; exit 1; }
	cmake --build --preset $@ -j $(JOBS) --target $(TARGET)

setup:
	@tools/setup.sh
	@mkdir -p build

demo: release
	tools/demo.sh

# One after the other: two builds at once would double the memory and gain nothing.
test: setup
	+$(MAKE) release TARGET=programs
	+$(MAKE) asan
	@tools/setup_judges.sh || echo "tests that need these programs are skipped" >&2
	tools/run_tests.sh

bench: release
	bench/setup.sh
	bench/run.py --all --table all --store

format:
	clang-format -i $(SOURCES)

tidy:
	tools/tidy

package: release
	tools/package.sh

clean:
	rm -rf build dist
