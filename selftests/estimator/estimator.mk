# SPDX-License-Identifier: GPL-2.0-only
# bench-estimator: every table of docs/estimator.md (10 min of one core; SEEDS=n
# for other numbers of seeds, SEED=n for others); bounds-estimator: 200 seeds of
# every world (an hour); plots-estimator: docs/estimator/*.png;
# fuzz-estimator: FUZZ_SECONDS of libFuzzer (3600).

EST := selftests/estimator
EST_B = $(abspath $(B))/estimator
EST_CFLAGS = -std=gnu11 -O2 -g -Wall -Wextra -Wno-unused-parameter \
	-Iuser/estimator -Icommon -Iinclude/uapi
EST_LIB = user/estimator/*.c -lm
SEEDS ?= 5
SEED ?= 1
FUZZ_SECONDS ?= 3600

.PHONY: bench-estimator bounds-estimator plots-estimator fuzz-estimator \
	estimator-tools

estimator-tools:
	@$(EST)/build.sh "$(EST_B)"

bench-estimator: estimator-tools
	@$(EST_B)/bench all --seeds $(SEEDS) --seed $(SEED)
	@$(EST)/trace.sh "$(EST_B)"
	@$(EST)/speed.sh "$(EST_B)"

bounds-estimator: estimator-tools
	@$(EST_B)/bench bounds --seeds 200 --seed $(SEED)

plots-estimator: estimator-tools
	@$(EST)/plots.sh "$(EST_B)" docs/estimator

fuzz-estimator:
	@$(EST)/fuzz.sh "$(EST_B)" $(FUZZ_SECONDS)
