// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's parameters are its host's. The node is watched; what it says is
 * checked as what comes by netlink is, and becomes the estimate in force.
 *
 * Reading asks the XenStore of the machine we run on now. The disruption marker
 * is taken before: if we were moved since, the answer is the old machine's, the
 * marker is stale, and it is refused.
 */
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <xen/xen.h>
#include <xen/xenbus.h>

#include "clock.h"
#include "xen_domain.h"
#include "xenstore.h"

#define XS_TRIES	5
/* of rad_xenstore_poll(), which comes twice a second */
#define XS_RETRY	16
#define XS_NO_TIME	"the host has no time"

static void read_work_fn(struct work_struct *work);
static DECLARE_WORK(xs_work, read_work_fn);

/* one reading at a time, so that they come into force in order */
static DEFINE_MUTEX(xs_lock);
static const char *xs_told;	/* the last refusal that was logged */
static u64 xs_read_marker;	/* under which the node was read last */

static DEFINE_SPINLOCK(xs_host_lock);
static struct rad_xenstore_host xs_host;
/* all of it, under xs_lock; counts as long as xs_host does */
static struct rad_xennode xs_taken;

static bool xs_running, xs_watching;

static void xs_explain(const char *why)
{
	rad_clock_explain(RADCLOCK_PARAMETER_SOURCE_XENSTORE, why);
}

/* refuse, with one line in the log */
static int xs_refused(int err, const char *why, const char *detail)
{
	char text[RAD_REASON_LEN];

	snprintf(text, sizeof(text), "the host's parameters are refused: %s%s%s", why,
		 *detail ? ": " : "", detail);
	if (xs_told != why)
		pr_warn("radclock: %s\n", text);
	xs_told = why;
	xs_explain(text);
	return err;
}

static int xs_not_there(int err)
{
	const char *why = err == -ENOENT ? "the host has no parameters in XenStore" :
					   "XenStore does not give the host's parameters";

	if (xs_told != why)
		pr_info("radclock: %s\n", why);
	xs_told = why;
	xs_explain(why);
	return err;
}

static const char *parse_error(int err)
{
	switch (err) {
	case -EPROTONOSUPPORT:
		return "they have another version";
	case -EMSGSIZE:
		return "they are too long";
	default:
		return "they are malformed";
	}
}

static int check_counter(const struct rad_xennode *n, const struct rad_counter *c)
{
	const char *origin = rad_counter_origin(c);
	char detail[80];

	if (!strcmp(n->counter, c->name) && !strcmp(n->origin, origin) &&
	    strcmp(origin, "own"))
		return 0;
	snprintf(detail, sizeof(detail), "%s (%s), ours is %s (%s)", n->counter,
		 n->origin, c->name, origin);
	return xs_refused(-EINVAL, "the host's clock has another counter", detail);
}

static void xs_remember(const struct rad_xennode *n, u64 marker)
{
	spin_lock(&xs_host_lock);
	strscpy(xs_host.id, n->host, sizeof(xs_host.id));
	xs_host.generation = n->generation;
	xs_host.written = n->written;
	xs_host.marker = marker;
	spin_unlock(&xs_host_lock);
	xs_taken = *n;
	xs_told = NULL;
}

/*
 * Nothing new, but for the time of its writing. Generations begin anew when the
 * host's module is loaded again, so they alone do not tell.
 */
static bool is_in_force(const struct rad_xennode *n, u64 marker)
{
	struct rad_xenstore_host h;

	return rad_xenstore_host(&h) && h.marker == marker &&
	       !strcmp(h.id, n->host) && h.generation == n->generation &&
	       xs_taken.status == n->status &&
	       xs_taken.line.counter == n->line.counter &&
	       xs_taken.void_counter == n->void_counter;
}

static struct rad_estimate to_estimate(const struct rad_xennode *n, u32 counter_id,
				       u64 marker)
{
	struct rad_estimate e = {
		.from = RADCLOCK_PARAMETER_SOURCE_XENSTORE,
		.counter_id = counter_id,
		.disruption_marker = marker,
		.line = n->line,
		.period_diff = n->period_diff,
		.period_shift = n->period_shift,
		.status = n->status,
		.leap_delta = n->leap_delta,
		.tai_offset = n->tai_offset,
		.maxerror_ns = n->maxerror_ns,
		.esterror_ns = n->esterror_ns,
		.maxerror_rate = n->maxerror_rate,
		.esterror_rate = n->esterror_rate,
		.holdover_counter = n->holdover_counter,
		.void_counter = n->void_counter,
		.leap_counter = n->leap_counter,
	};

	if (n->tai_valid)
		e.flags |= RADCLOCK_PARAMS_FLAG_TAI_VALID;
	if (n->smeared)
		e.flags |= RADCLOCK_PARAMS_FLAG_SMEARED;
	snprintf(e.source, sizeof(e.source), "xenstore %.8s", n->host);
	return e;
}

static bool has_no_time(const struct rad_xennode *n)
{
	return n->status == RADCLOCK_STATUS_UNSYNCHRONIZED ||
	       n->status == RADCLOCK_STATUS_DISRUPTED;
}

/* 0, -ESTALE: read it again, or another error, which has been told */
static int xs_take(const struct rad_xennode *n, u64 marker)
{
	struct rad_counter *c = rad_clock_counter();
	u64 now = rad_counter_read(c);
	struct rad_estimate e;
	const char *why;
	int err;

	err = check_counter(n, c);
	if (err)
		return err;
	/* the host read the same counter: before us, if it is the same one */
	if (rad_counter_before(now, n->written))
		return xs_refused(-ERANGE, "they are of the future, not of this machine", "");
	if (is_in_force(n, marker)) {
		/* it may have been out of reach meanwhile */
		xs_explain(has_no_time(n) ? XS_NO_TIME : "");
		xs_remember(n, marker);
		return 0;
	}
	if (has_no_time(n)) {
		err = rad_clock_withdraw(RADCLOCK_PARAMETER_SOURCE_XENSTORE, marker);
		if (!err)
			xs_explain(XS_NO_TIME);
	} else if (!rad_counter_before(now, n->void_counter)) {
		return xs_refused(-ERANGE, "they have run out: nobody renews them", "");
	} else {
		e = to_estimate(n, c->id, marker);
		err = rad_clock_set_estimate(&e, &why);
		if (err && err != -ESTALE)
			return xs_refused(err, why, "");
	}
	if (err)
		return err;
	xs_remember(n, marker);
	rad_notify_update();
	return 0;
}

static int read_once(void)
{
	struct rad_xennode n;
	unsigned int len;
	const char *bad;
	u64 marker;
	char *text;
	int err;

	marker = rad_clock_marker();
	WRITE_ONCE(xs_read_marker, marker);
	text = xenbus_read(XBT_NIL, RAD_XENNODE_PATH, "", &len);
	if (IS_ERR(text))
		return xs_not_there(PTR_ERR(text));
	err = rad_xennode_parse(text, len, &n, &bad);
	kfree(text);
	if (err)
		return xs_refused(err, parse_error(err), bad);
	return xs_take(&n, marker);
}

static void read_node(void)
{
	int tries = XS_TRIES;

	mutex_lock(&xs_lock);
	while (tries-- && read_once() == -ESTALE)
		;
	mutex_unlock(&xs_lock);
}

static void read_work_fn(struct work_struct *work)
{
	/* it may have been queued while the source was stopped */
	if (READ_ONCE(xs_running))
		read_node();
}

/* the xenwatch thread; also when the watch was set, and after a migration */
static void node_changed(struct xenbus_watch *watch, const char *path,
			 const char *token)
{
	read_node();
}

static struct xenbus_watch xs_watch = {
	.node = RAD_XENNODE_PATH,
	.callback = node_changed,
};

/**
 * rad_xenstore_poll() - twice a second: what no watch tells
 *
 * The estimate was withdrawn (a cancelled suspend, another counter), there is none
 * worth the name and a watch may have been lost, or there is no watch at all.
 */
void rad_xenstore_poll(void)
{
	static unsigned int polls;
	struct rad_state s;

	if (!READ_ONCE(xs_running))
		return;
	if (rad_clock_marker() == READ_ONCE(xs_read_marker)) {
		if (++polls % XS_RETRY)
			return;
		rad_clock_state(&s);
		if (READ_ONCE(xs_watching) && s.status == RADCLOCK_STATUS_SYNCHRONIZED)
			return;
	}
	schedule_work(&xs_work);
}

/* what the estimate in force was made of; false: not of a host's parameters */
bool rad_xenstore_host(struct rad_xenstore_host *h)
{
	if (!READ_ONCE(xs_running))
		return false;
	spin_lock(&xs_host_lock);
	*h = xs_host;
	spin_unlock(&xs_host_lock);
	return h->id[0] && h->marker == rad_clock_marker();
}

int rad_xenstore_possible(u32 from, const char **why)
{
	if (from != RADCLOCK_PARAMETER_SOURCE_XENSTORE)
		return 0;
	if (!xen_domain())
		*why = "this is no Xen guest";
	else if (xen_initial_domain())
		*why = "this is the host, whose clock the guests have";
	else
		return 0;
	return -EOPNOTSUPP;
}

/* XenStore may be there now, or later; without the watch it is looked at in turn */
static int xenstore_ready(struct notifier_block *nb, unsigned long event, void *data)
{
	int err = register_xenbus_watch(&xs_watch);

	if (err)
		pr_err("radclock: cannot watch %s: error %d\n", xs_watch.node, err);
	WRITE_ONCE(xs_watching, !err);
	WRITE_ONCE(xs_running, true);
	return NOTIFY_DONE;
}

static struct notifier_block xs_ready_nb = { .notifier_call = xenstore_ready };

int rad_xenstore_start(const char **why)
{
	int err;

	memset(&xs_host, 0, sizeof(xs_host));
	xs_told = NULL;
	xs_explain("waiting for the host's parameters");
	err = register_xenstore_notifier(&xs_ready_nb);
	if (err)
		*why = "XenStore cannot be waited for";
	return err;
}

void rad_xenstore_stop(void)
{
	unregister_xenstore_notifier(&xs_ready_nb);
	if (READ_ONCE(xs_running)) {
		WRITE_ONCE(xs_running, false);
		/* waits for the callback */
		if (xs_watching)
			unregister_xenbus_watch(&xs_watch);
	}
	cancel_work_sync(&xs_work);
}

/*
 * The last step of every resume, from a real suspend or a cancelled one, for
 * which no watch fires. XenStore answers again.
 */
static void xs_woken(struct device *dev)
{
	rad_notify_update();
	if (READ_ONCE(xs_running))
		schedule_work(&xs_work);
}

static const struct dev_pm_ops xs_pm_ops = { .complete = xs_woken };

static struct platform_driver xs_driver = {
	.driver = {
		.name = "radclock",
		.pm = &xs_pm_ops,
	},
};

static struct platform_device *xs_device;

int rad_xenstore_init(void)
{
	int err;

	if (!xen_domain())
		return 0;
	err = platform_driver_register(&xs_driver);
	if (err)
		return err;
	xs_device = platform_device_register_simple("radclock", PLATFORM_DEVID_NONE,
						    NULL, 0);
	if (IS_ERR(xs_device)) {
		err = PTR_ERR(xs_device);
		xs_device = NULL;
		platform_driver_unregister(&xs_driver);
	}
	return err;
}

void rad_xenstore_exit(void)
{
	if (!xs_device)
		return;
	platform_device_unregister(xs_device);
	platform_driver_unregister(&xs_driver);
	xs_device = NULL;
	/* a resume may have come in between */
	cancel_work_sync(&xs_work);
}
