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

# What a package would put where; DESTDIR for building one.
LIBDIR ?= $(PREFIX)/lib
UNITDIR ?= /lib/systemd/system
SOVERSION := 0
INSTALL ?= install
to = $(DESTDIR)$(1)

install: user
	$(INSTALL) -d $(call to,$(PREFIX)/bin) $(call to,$(PREFIX)/sbin) \
		$(call to,$(LIBDIR)/pkgconfig) $(call to,$(PREFIX)/include/linux) \
		$(call to,/etc/radclock) $(call to,$(UNITDIR)) \
		$(addprefix $(call to,$(PREFIX)/share/man/man),1 3 4 5 8)
	$(INSTALL) -m 755 $(B)/radclock $(call to,$(PREFIX)/bin/)
	$(INSTALL) -m 755 $(B)/radclockd $(call to,$(PREFIX)/sbin/)
	$(INSTALL) -m 644 $(B)/libradclock.so $(call to,$(LIBDIR)/libradclock.so.$(SOVERSION).$(VERSION))
	ln -sf libradclock.so.$(SOVERSION).$(VERSION) $(call to,$(LIBDIR)/libradclock.so.$(SOVERSION))
	ln -sf libradclock.so.$(SOVERSION) $(call to,$(LIBDIR)/libradclock.so)
	if [ -e $(B)/libradclock-preload.so ]; then \
		$(INSTALL) -m 644 $(B)/libradclock-preload.so $(call to,$(LIBDIR)/); fi
	$(INSTALL) -m 644 user/lib/radclock.h $(call to,$(PREFIX)/include/)
	$(INSTALL) -m 644 include/uapi/linux/*.h $(call to,$(PREFIX)/include/linux/)
	sed 's,@PREFIX@,$(PREFIX),; s,@LIBDIR@,$(LIBDIR),; s,@VERSION@,$(VERSION),' \
		user/lib/radclock.pc.in > $(call to,$(LIBDIR)/pkgconfig/radclock.pc)
	for p in docs/man/*.[1-8]; do [ ! -e "$$p" ] || \
		$(INSTALL) -m 644 "$$p" $(call to,$(PREFIX)/share/man/man)"$${p##*.}"/; done
	for f in $(wildcard user/daemon/*.service); do $(INSTALL) -m 644 "$$f" $(call to,$(UNITDIR)/); done
	for f in $(wildcard user/daemon/radclock.conf*); do \
		[ -e $(call to,/etc/radclock/radclock.conf) ] || \
		$(INSTALL) -m 644 "$$f" $(call to,/etc/radclock/radclock.conf); done
	[ -n "$(DESTDIR)" ] || ldconfig

# The module by DKMS: only what it is built from is copied.
dkms-install:
	command -v dkms >/dev/null || { echo "apt install dkms" >&2; exit 1; }
	$(INSTALL) -d $(call to,/usr/src/radclock-$(VERSION))
	cp -R Kbuild dkms.conf version.mk kmod include common $(call to,/usr/src/radclock-$(VERSION)/)
	find $(call to,/usr/src/radclock-$(VERSION)) -name '*.o' -delete
	[ -n "$(DESTDIR)" ] || dkms install radclock/$(VERSION) $(if $(DKMS_KERNEL),-k $(DKMS_KERNEL))

-include selftests/estimator/estimator.mk
