# SPDX-License-Identifier: GPL-2.0-only
# What a package would put where; DESTDIR for building one.
LIBDIR ?= $(PREFIX)/lib
UNITDIR ?= /lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
SOVERSION := 0
INSTALL ?= install
to = $(DESTDIR)$(1)

install: user
	$(INSTALL) -d $(call to,$(PREFIX)/bin) $(call to,$(PREFIX)/sbin) \
		$(call to,$(LIBDIR)/pkgconfig) $(call to,$(PREFIX)/include/linux) \
		$(call to,/etc/radclock) $(call to,$(UNITDIR)) $(call to,$(SYSUSERSDIR)) \
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
	$(INSTALL) -m 644 user/daemon/radclockd.service $(call to,$(UNITDIR)/)
	$(INSTALL) -m 644 user/daemon/radclockd.sysusers $(call to,$(SYSUSERSDIR)/radclockd.conf)
	[ -e $(call to,/etc/radclock/radclock.conf) ] || \
		$(INSTALL) -m 644 user/daemon/radclock.conf $(call to,/etc/radclock/radclock.conf)
	[ -n "$(DESTDIR)" ] || ldconfig
	[ -n "$(DESTDIR)" ] || ! command -v systemd-sysusers > /dev/null || \
		systemd-sysusers $(SYSUSERSDIR)/radclockd.conf

# The module by DKMS: only what it is built from is copied.
dkms-install:
	command -v dkms >/dev/null || { echo "apt install dkms" >&2; exit 1; }
	$(INSTALL) -d $(call to,/usr/src/radclock-$(VERSION))
	cp -R Kbuild dkms.conf version.mk kmod include common $(call to,/usr/src/radclock-$(VERSION)/)
	find $(call to,/usr/src/radclock-$(VERSION)) -name '*.o' -delete
	[ -n "$(DESTDIR)" ] || dkms install radclock/$(VERSION) $(if $(DKMS_KERNEL),-k $(DKMS_KERNEL))
