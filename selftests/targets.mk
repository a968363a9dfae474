# SPDX-License-Identifier: GPL-2.0-only
# Targets of the lab. TESTS="name ..." runs only these; KERNEL_NAME=6.12 or
# debug picks another kernel for run and vm.

LAB := selftests/lab
KERNEL_NAME ?= 6.1
lab_env = B=$(abspath $(B))

run:
	@$(lab_env) $(LAB)/run.sh $(if $(filter 1 y yes,$(HOST)),host,$(KERNEL_NAME))

vm:
	@$(lab_env) CMD="$$CMD" $(LAB)/vm.sh $(KERNEL_NAME)

check:
	@$(lab_env) TESTS="$(TESTS)" $(LAB)/check.sh $(or $(PROFILE),quick) $(KERNEL_NAME)

check-matrix:
	@$(lab_env) TESTS="$(TESTS)" $(LAB)/check.sh $(or $(PROFILE),long) 6.1 6.12

check-debug:
	@$(lab_env) TESTS="$(TESTS)" $(LAB)/check.sh $(or $(PROFILE),long) debug

check-style:
	@$(lab_env) $(LAB)/style.sh
