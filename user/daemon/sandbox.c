// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE	/* setresuid */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"
#include "sandbox.h"

static const int allowed[] = {
	/* memory, files */
	SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(mremap),
	SCMP_SYS(madvise), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(close), SCMP_SYS(read),
	SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(lseek),
	SCMP_SYS(fstat), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
	SCMP_SYS(fcntl), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(flock), SCMP_SYS(fsync),
	SCMP_SYS(fdatasync), SCMP_SYS(ftruncate), SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(chmod), SCMP_SYS(fchmod),
	SCMP_SYS(fchmodat), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(ioctl), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
	/* sockets; socket() itself by family, below */
	SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept),
	SCMP_SYS(accept4), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg), SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt), SCMP_SYS(shutdown),
	/* time, waiting, signals */
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
	SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex),
	SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(sched_yield), SCMP_SYS(alarm),
	SCMP_SYS(setitimer), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(futex),
	/* itself */
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
	SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(tgkill), SCMP_SYS(uname),
	SCMP_SYS(getrandom), SCMP_SYS(rseq), SCMP_SYS(exit), SCMP_SYS(exit_group),
};

static const int families[] = { AF_INET, AF_INET6, AF_UNIX, AF_NETLINK };

void sandbox_make_folder(const char *file, const char *user)
{
	const struct passwd *pw = user[0] ? getpwnam(user) : NULL;
	char folder[CONFIG_PATH_MAX];
	char *slash;

	strncpy(folder, file, sizeof(folder) - 1);
	folder[sizeof(folder) - 1] = 0;
	slash = strrchr(folder, '/');
	if (!slash || slash == folder)
		return;
	*slash = 0;
	if (mkdir(folder, 0755))
		return;		/* there already: it keeps its owner */
	if (pw && geteuid() == 0 && chown(folder, pw->pw_uid, pw->pw_gid))
		log_warn("cannot give %s to %s: %s", folder, user, strerror(errno));
}

static int fail(const char *what, int err)
{
	log_error("cannot %s: %s", what, strerror(err));
	return -err;
}

static bool needs(const struct config *c, cap_value_t cap)
{
	switch (cap) {
	case CAP_SYS_TIME:
		return !config_without_module(c) || c->steer_realtime;
	case CAP_NET_ADMIN:	/* stamps */
		return !config_without_module(c) && c->stamps != STAMPS_USER;
	case CAP_NET_BIND_SERVICE:
		return c->port && c->port < 1024;
	}
	return false;
}

static const cap_value_t wanted_caps[] = { CAP_SYS_TIME, CAP_NET_ADMIN, CAP_NET_BIND_SERVICE };
/* we had it, and a configuration did not need it */
static bool dropped[ARRAY_SIZE(wanted_caps)];

/* what is needed, as far as it is there */
static int keep_capabilities(const struct config *c)
{
	cap_t now = cap_get_proc(), then = cap_init();
	unsigned int i;
	int err = 0;

	if (!now || !then)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(wanted_caps); i++) {
		cap_flag_value_t have = CAP_CLEAR;

		cap_get_flag(now, wanted_caps[i], CAP_PERMITTED, &have);
		dropped[i] = have == CAP_SET && !needs(c, wanted_caps[i]);
		if (!needs(c, wanted_caps[i]))
			continue;
		if (have != CAP_SET) {
			log_warn("the capability %s is missing", cap_to_name(wanted_caps[i]));
			continue;
		}
		cap_set_flag(then, CAP_PERMITTED, 1, &wanted_caps[i], CAP_SET);
		cap_set_flag(then, CAP_EFFECTIVE, 1, &wanted_caps[i], CAP_SET);
	}
	if (cap_set_proc(then))
		err = fail("drop capabilities", errno);
	cap_free(now);
	cap_free(then);
	return err;
}

bool sandbox_gave_up(const struct config *c, int cap)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wanted_caps); i++)
		if (wanted_caps[i] == cap)
			return dropped[i] && needs(c, cap);
	return false;
}

static void drop_bounding_set(const struct config *c)
{
	cap_value_t cap;

	for (cap = 0; cap <= CAP_LAST_CAP; cap++)
		if (!needs(c, cap))
			prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

int sandbox_become(const char *user)
{
	const struct passwd *pw;

	if (!user[0] || geteuid() != 0)
		return 0;	/* the service manager has done it */
	pw = getpwnam(user);
	if (!pw) {
		log_error("there is no user %s", user);
		return -ENOENT;
	}
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || initgroups(user, pw->pw_gid) ||
	    setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) ||
	    setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid))
		return fail("change to the configured user", errno);
	return 0;
}

bool sandbox_filters(const struct config *c)
{
	/* code that we do not know runs in us: it may need any call */
	return c->seccomp && !getenv("LD_PRELOAD");
}

static int filter_calls(void)
{
	/* as if the kernel did not know the call: libraries cope with that */
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	unsigned int i;
	int r = ctx ? 0 : -ENOMEM;

	for (i = 0; !r && i < ARRAY_SIZE(allowed); i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
	for (i = 0; !r && i < ARRAY_SIZE(families); i++)
		r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				     SCMP_A0(SCMP_CMP_EQ, families[i]));
	if (!r)
		r = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	return r;
}

int sandbox_enter(const struct config *c)
{
	int r;

	drop_bounding_set(c);
	r = sandbox_become(c->user);
	if (!r)
		r = keep_capabilities(c);
	if (r)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return fail("give up new privileges", errno);
	if (!sandbox_filters(c))
		return 0;
	r = filter_calls();
	return r ? fail("filter system calls", -r) : 0;
}
