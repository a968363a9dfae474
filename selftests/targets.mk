# SPDX-License-Identifier: GPL-2.0-only
# Targets of the lab.
#   TESTS="name ..."     only these tests
#   PROFILE=long         the tests that take long, too
#   KERNEL_NAME=6.12     or debug: another kernel for run, vm and check
#   CMD="..."            make vm: run that in the guest instead of a shell
#   LONG=1               lab-xen: pauses of a minute
#   STABLE=1             lab-xen, lab-xen-migrate: Xen trusts the TSC
#   ROUNDS=N             lab-xen-migrate: times to and fro (5)
#   MACHINES=2           lab-xen-shell: two, to migrate between

LAB := selftests/lab
KERNEL_NAME ?= 6.1
KERNELS ?= 6.1 6.12
PROFILE ?= quick
lab_env = B=$(abspath $(B)) TESTS="$(TESTS)"

run:
	@$(lab_env) $(LAB)/run.sh $(if $(filter 1 y yes,$(HOST)),host,$(KERNEL_NAME))

vm:
	@$(lab_env) $(LAB)/vm.sh $(KERNEL_NAME)

check:
	@$(lab_env) $(LAB)/check.sh $(PROFILE) $(KERNEL_NAME)

check-matrix:
	@$(lab_env) $(LAB)/check.sh $(PROFILE) $(KERNELS)

check-debug:
	@$(lab_env) $(LAB)/check.sh $(PROFILE) debug

check-style:
	@$(lab_env) $(LAB)/style.sh

bench:
	@$(lab_env) $(LAB)/bench.sh $(KERNEL_NAME)

# Xen in QEMU: root, and /dev/net/tun. See docs/xen.md.
lab-xen:
	@$(lab_env) XEN_LONG=$(LONG) XEN_STABLE=$(STABLE) selftests/xen/lab.sh one

lab-xen-migrate:
	@$(lab_env) XEN_ROUNDS=$(ROUNDS) XEN_STABLE=$(STABLE) selftests/xen/lab.sh migrate

lab-xen-shell:
	@$(lab_env) XEN_MACHINES=$(MACHINES) selftests/xen/lab.sh shell

-include selftests/estimator/estimator.mk
