// SPDX-License-Identifier: GPL-2.0-only
/* radclockd: see radclockd(8). */
#define _GNU_SOURCE	/* asprintf */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

#include "background.h"
#include "config.h"
#include "control.h"
#include "engine.h"
#include "log.h"
#include "loop.h"
#include "notify.h"
#include "publish.h"
#include "resolve.h"
#include "sandbox.h"
#include "stamp_log.h"

struct options {
	const char *config_file;
	bool foreground;
	bool debug;
	bool check;
};

/* the one in use, and the one being read */
static struct config configs[2];
static struct config *config = &configs[0];
static struct options options = { .config_file = CONFIG_FILE };
static int pid_fd = -1;

static const char usage[] =
"Usage: radclockd [OPTION]...\n"
"Keep the radclock synchronized by NTP.\n"
"\n"
"  -f, --config FILE    read FILE, not " CONFIG_FILE "\n"
"  -t, --check-config   say whether the configuration is good, and exit\n"
"  -n, --foreground     stay in the foreground, log to standard error\n"
"  -d, --debug          the same, and tell every detail\n"
"  -V, --version        print the version\n"
"  -h, --help           print this\n"
"\n"
"SIGHUP reads the configuration again, SIGTERM stops. See radclockd(8).\n";

static void complain(const char *text)
{
	log_error("%s", text);
}

static void parse_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'f' },
		{ "check-config", no_argument, NULL, 't' },
		{ "foreground", no_argument, NULL, 'n' },
		{ "debug", no_argument, NULL, 'd' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "f:tndVh", longs, NULL)) != -1) {
		switch (o) {
		case 'f':
			options.config_file = optarg;
			break;
		case 't':
			options.check = true;
			break;
		case 'd':
			options.debug = true;
			options.foreground = true;
			break;
		case 'n':
			options.foreground = true;
			break;
		case 'V':
			printf("radclockd %s\n", RADCLOCK_VERSION);
			exit(0);
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs("Try 'radclockd --help'.\n", stderr);
			exit(2);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "radclockd: unexpected argument %s\n", argv[optind]);
		exit(2);
	}
}

/*
 * The file is read again from another folder. Only made absolute: a link may
 * lead elsewhere by then.
 */
static void keep_config_path(void)
{
	char folder[PATH_MAX], *path;

	if (options.config_file[0] == '/')
		return;
	if (!getcwd(folder, sizeof(folder)) ||
	    asprintf(&path, "%s/%s", folder, options.config_file) < 0)
		log_warn("the configuration cannot be read again from %s: %s",
			 options.config_file, strerror(errno));
	else
		options.config_file = path;
}

/*
 * The lock goes when the process goes, however that is: a lock of the process,
 * not of the open file, which the resolver holds a moment longer.
 */
static int lock_pid_file(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char text[32] = "";
	int n;

	pid_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (pid_fd < 0) {
		log_warn("cannot write %s: %s; a second start would not be noticed", path,
			 strerror(errno));
		return 0;
	}
	if (fcntl(pid_fd, F_SETLK, &lock)) {
		if (read(pid_fd, text, sizeof(text) - 1) > 0)
			text[strcspn(text, "\n")] = 0;
		log_error("radclockd is running already, process %s (%s is locked)", text, path);
		return -EBUSY;
	}
	n = snprintf(text, sizeof(text), "%d\n", getpid());
	if (ftruncate(pid_fd, 0) || write(pid_fd, text, n) != n)
		log_warn("cannot write %s: %s", path, strerror(errno));
	return 0;
}

static void release_parent(void)
{
	/* errors went to the terminal until now */
	if (!options.foreground && !config->log_file[0])
		log_to(LOG_TO_SYSLOG);
	background_ready();
}

static void open_logs(void)
{
	int r;

	if (config->log_file[0] && !options.debug) {
		r = log_to_file(config->log_file);
		if (r)
			log_error("cannot write %s: %s", config->log_file, strerror(-r));
	}
	r = stamp_log_open(config->stamp_log);
	if (r)
		log_error("cannot write %s: %s", config->stamp_log, strerror(-r));
}

static void need_restart(bool changed, const char *directive)
{
	if (changed)
		log_warn("%s: a change takes effect at the next start", directive);
}

#define CHANGED(field)	(memcmp(&(a)->field, &(b)->field, sizeof((a)->field)) != 0)

static void tell_what_stays(const struct config *a, const struct config *b)
{
	need_restart(config_without_module(a) != config_without_module(b), "counter");
	need_restart(CHANGED(algorithm), "algorithm");
	need_restart(CHANGED(max_clock_error), "maxclockerror");
	need_restart(CHANGED(max_drift), "maxdrift");
	need_restart(CHANGED(max_error), "maxerror");
	need_restart(CHANGED(steer_realtime), "steer");
	need_restart(CHANGED(page_file), "pagefile");
	need_restart(CHANGED(publish_xenstore), "publish");
	need_restart(CHANGED(control_socket), "controlsocket");
	need_restart(CHANGED(pid_file), "pidfile");
	need_restart(CHANGED(user), "user");
	need_restart(CHANGED(seccomp), "seccomp");
}

static void keep_what_stays(struct config *n, const struct config *o)
{
	if (config_without_module(n) != config_without_module(o))
		n->counter = o->counter;
	n->steer_realtime = o->steer_realtime;
	memcpy(n->page_file, o->page_file, sizeof(n->page_file));
	if (sandbox_gave_up(n, CAP_NET_BIND_SERVICE)) {
		need_restart(true, "port");
		n->port = o->port;
	}
	/* after the counter: without the module stamps need nothing */
	if (sandbox_gave_up(n, CAP_NET_ADMIN)) {
		need_restart(true, "stamps");
		n->stamps = o->stamps;
	}
}

static void reload(void)
{
	struct config *n = config == &configs[0] ? &configs[1] : &configs[0];

	notify_reloading();
	log_reopen();
	if (config_load(n, options.config_file, complain)) {
		log_error("the configuration was not changed");
		stamp_log_open(config->stamp_log);
	} else {
		tell_what_stays(n, config);
		keep_what_stays(n, config);
		config = n;
		open_logs();
		engine_reconfigure(config);
		log_info("configuration read again");
	}
	notify_ready();
}

static bool signalled(unsigned int signals)
{
	if (signals & LOOP_SIGNAL_STOP)
		return false;
	if (signals & LOOP_SIGNAL_RELOAD)
		reload();
	return true;
}

static bool has_names(const struct config *c)
{
	union address a;
	unsigned int i;

	for (i = 0; i < c->nservers; i++)
		if (!resolve_literal(c->servers[i].name, &a))
			return true;
	return false;
}

static void make_folders(void)
{
	const char *const files[] = { config->pid_file, config->control_socket,
				      config->page_file, config->drift_file };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		if (files[i][0])
			sandbox_make_folder(files[i], config->user);
}

static int start(void)
{
	int r;

	make_folders();
	if (config->pid_file[0] && lock_pid_file(config->pid_file))
		return -EBUSY;
	notify_init();
	if (has_names(config) || sandbox_filters(config)) {
		r = resolve_start(config->user);
		if (r)
			log_error("cannot start the resolver: %s", strerror(-r));
	}
	r = publish_start(config);
	if (r)
		log_error("cannot publish the clock in XenStore: %s", strerror(-r));
	r = sandbox_enter(config);
	if (r)
		return r;
	open_logs();
	log_info("radclockd %s starts", RADCLOCK_VERSION);
	if (config->control_socket[0]) {
		r = control_open(config->control_socket);
		if (r)
			log_warn("no control socket %s: %s", config->control_socket, strerror(-r));
	}
	return engine_start(config, config_without_module(config) ? &clock_raw : &clock_kernel);
}

int main(int argc, char **argv)
{
	unsigned int errors;

	parse_options(argc, argv);
	log_set_debug(options.debug);
	errors = config_load(config, options.config_file, complain);
	if (options.check)
		printf("%s: %s\n", options.config_file, errors ? "not good" : "good");
	if (errors || options.check)
		return errors ? 1 : 0;

	if (!options.foreground) {
		keep_config_path();
		background_enter();
	}
	loop_catch_signals();
	if (start())
		return 1;
	release_parent();
	notify_ready();
	loop_run(signalled);

	notify_stopping();
	log_info("radclockd stops");
	engine_stop();
	control_close();
	/* the file stays: whoever opened it before must find the same lock */
	if (pid_fd >= 0 && ftruncate(pid_fd, 0))
		log_debug("ftruncate: %s", strerror(errno));
	return publish_failed() || resolve_failed() ? 1 : 0;
}
