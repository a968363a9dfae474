# SPDX-License-Identifier: GPL-2.0-only
# radclock: see README.md. `make run` shows it, `make check` tests it.

include version.mk

KERNEL ?= /lib/modules/$(shell uname -r)/build
B ?= build
PREFIX ?= /usr
DESTDIR ?=

export VERSION

.PHONY: all module user install dkms-install run vm check check-matrix \
	check-debug check-style bench clean lab-xen lab-xen-migrate lab-xen-shell

all: user
	@if [ -d "$(KERNEL)" ]; then $(MAKE) module; else \
	echo "no headers of the running kernel: module not built"; fi

module:
	$(MAKE) -C $(KERNEL) M=$(CURDIR) modules

user:
	$(MAKE) -C user B=$(abspath $(B))

include install.mk
-include selftests/targets.mk

clean:
	rm -rf $(B)
	find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' \
		-o -name '*.mod.c' -o -name '.*.cmd' -o -name 'Module.symvers' \
		-o -name 'modules.order' -o -name '.*.d' \) -type f -print0 | xargs -0 -r rm -f
