// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Generic netlink: connect, ask, hear the answers or the kernel's complaint.
 */
#include <errno.h>
#include <linux/netlink.h>
#include <netlink/errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "nl.h"

/* what the kernel sends is checked like anything that comes from outside */
static struct nla_policy policy[RADCLOCK_A_MAX + 1] = {
	[RADCLOCK_A_COUNTER_ID] = { .type = NLA_U32 },
	[RADCLOCK_A_COUNTER_NAME] = { .type = NLA_NUL_STRING },
	[RADCLOCK_A_COUNTER_FLAGS] = { .type = NLA_U32 },
	[RADCLOCK_A_COUNTER_WIDTH] = { .type = NLA_U32 },
	[RADCLOCK_A_COUNTER_HZ] = { .type = NLA_U64 },
	[RADCLOCK_A_COUNTER] = { .type = NLA_U64 },
	[RADCLOCK_A_SELECTED] = { .type = NLA_FLAG },
	[RADCLOCK_A_STATUS] = { .type = NLA_U32 },
	[RADCLOCK_A_GENERATION] = { .type = NLA_U64 },
	[RADCLOCK_A_UPDATES] = { .type = NLA_U64 },
	[RADCLOCK_A_DISRUPTION_MARKER] = { .type = NLA_U64 },
	[RADCLOCK_A_DISRUPTIONS] = { .type = NLA_U64 },
	[RADCLOCK_A_SOURCE] = { .type = NLA_NUL_STRING },
	[RADCLOCK_A_ABI_VERSION] = { .type = NLA_U32 },
	[RADCLOCK_A_MODULE_VERSION] = { .type = NLA_NUL_STRING },
	[RADCLOCK_A_TIME_SEC] = { .type = NLA_S64 },
	[RADCLOCK_A_TIME_FRAC] = { .type = NLA_U64 },
	[RADCLOCK_A_PERIOD] = { .type = NLA_U64 },
	[RADCLOCK_A_PERIOD_DIFF] = { .type = NLA_U64 },
	[RADCLOCK_A_PERIOD_SHIFT] = { .type = NLA_U8 },
	[RADCLOCK_A_MAXERROR] = { .type = NLA_U64 },
	[RADCLOCK_A_ESTERROR] = { .type = NLA_U64 },
	[RADCLOCK_A_MAXERROR_RATE] = { .type = NLA_U64 },
	[RADCLOCK_A_ESTERROR_RATE] = { .type = NLA_U64 },
	[RADCLOCK_A_HOLDOVER_COUNTER] = { .type = NLA_U64 },
	[RADCLOCK_A_VOID_COUNTER] = { .type = NLA_U64 },
	[RADCLOCK_A_LEAP_COUNTER] = { .type = NLA_U64 },
	[RADCLOCK_A_LEAP_DELTA] = { .type = NLA_S32 },
	[RADCLOCK_A_TAI_OFFSET] = { .type = NLA_S32 },
	[RADCLOCK_A_PARAMS_FLAGS] = { .type = NLA_U32 },
	[RADCLOCK_A_READING] = { .type = NLA_NESTED },
	[RADCLOCK_A_DIRECTION] = { .type = NLA_U32 },
	[RADCLOCK_A_IFINDEX] = { .type = NLA_U32 },
	[RADCLOCK_A_SOURCE_ADDR] = { .type = NLA_UNSPEC, .minlen = 4, .maxlen = 16 },
	[RADCLOCK_A_DEST_ADDR] = { .type = NLA_UNSPEC, .minlen = 4, .maxlen = 16 },
	[RADCLOCK_A_SOURCE_PORT] = { .type = NLA_U16 },
	[RADCLOCK_A_DEST_PORT] = { .type = NLA_U16 },
	[RADCLOCK_A_NTP_HEADER] = { .type = NLA_UNSPEC, .minlen = 48 },
	[RADCLOCK_A_LOST] = { .type = NLA_U64 },
	[RADCLOCK_A_REASON] = { .type = NLA_NUL_STRING },
	[RADCLOCK_A_PARAMETER_SOURCE] = { .type = NLA_U32 },
	[RADCLOCK_A_HOST_ID] = { .type = NLA_NUL_STRING },
	[RADCLOCK_A_HOST_GENERATION] = { .type = NLA_U64 },
	[RADCLOCK_A_HOST_COUNTER] = { .type = NLA_U64 },
};

int rad_nl_parse(struct nlmsghdr *nlh, struct nlattr **attrs)
{
	return genlmsg_parse(nlh, 0, attrs, RADCLOCK_A_MAX, policy);
}

int rad_nl_errno(int nlerr)
{
	switch (nlerr < 0 ? -nlerr : nlerr) {
	case NLE_SUCCESS:
		return 0;
	case NLE_INTR:
		return -EINTR;
	case NLE_AGAIN:
		return -EAGAIN;
	case NLE_NOMEM:		/* libnl's word for ENOBUFS, too */
		return -ENOBUFS;
	case NLE_OBJ_NOTFOUND:
	case NLE_NODEV:
		return -ENODEV;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_PROTO_MISMATCH:
	case NLE_OPNOTSUPP:
	case NLE_AF_NOSUPPORT:
		return -EOPNOTSUPP;
	case NLE_MSG_TOOSHORT:
	case NLE_MSG_TRUNC:
	case NLE_PARSE_ERR:
		return -EBADMSG;
	default:
		return -EIO;
	}
}

u32 rad_nl_u32(struct nlattr **attrs, int type)
{
	return attrs[type] ? nla_get_u32(attrs[type]) : 0;
}

u64 rad_nl_u64(struct nlattr **attrs, int type)
{
	return attrs[type] ? nla_get_u64(attrs[type]) : 0;
}

void rad_nl_string(struct nlattr **attrs, int type, char *to, size_t len)
{
	snprintf(to, len, "%s", attrs[type] ? nla_get_string(attrs[type]) : "");
}

static int resolve(struct rad_nl *nl)
{
	int family = genl_ctrl_resolve(nl->sk, RADCLOCK_FAMILY_NAME);

	if (family < 0)
		return -ENODEV;
	nl->family = family;
	return 0;
}

int rad_nl_open(struct rad_nl **nlp)
{
	struct rad_nl *nl = calloc(1, sizeof(*nl));
	int one = 1;
	int err;

	*nlp = NULL;
	if (!nl)
		return -ENOMEM;
	nl->sk = nl_socket_alloc();
	if (!nl->sk) {
		free(nl);
		return -ENOMEM;
	}
	err = rad_nl_errno(genl_connect(nl->sk));
	if (!err) {
		setsockopt(nl_socket_get_fd(nl->sk), SOL_NETLINK,
			   NETLINK_EXT_ACK, &one, sizeof(one));
		err = resolve(nl);
	}
	if (err) {
		rad_nl_close(nl);
		return err;
	}
	*nlp = nl;
	return 0;
}

void rad_nl_close(struct rad_nl *nl)
{
	if (!nl)
		return;
	nl_socket_free(nl->sk);
	free(nl);
}

/* the state of one exchange, for libnl's callbacks */
struct exchange {
	const struct rad_nl_call *call;
	u32 seq;
	bool done;
	int err;
};

/* notifications may come between, and answers to a call cut short */
static int on_seq(struct nl_msg *msg, void *arg)
{
	const struct exchange *x = arg;

	return nlmsg_hdr(msg)->nlmsg_seq == x->seq ? NL_OK : NL_SKIP;
}

static int on_valid(struct nl_msg *msg, void *arg)
{
	struct nlattr *attrs[RADCLOCK_A_MAX + 1];
	struct exchange *x = arg;

	if (!x->call->take)
		return NL_OK;
	if (rad_nl_parse(nlmsg_hdr(msg), attrs) < 0 ||
	    x->call->take(nlmsg_hdr(msg), attrs, x->call->arg) < 0)
		x->err = -EBADMSG;
	return NL_OK;
}

static int on_done(struct nl_msg *msg, void *arg)
{
	struct exchange *x = arg;

	x->done = true;
	return NL_STOP;
}

/* the extended ack comes after the error, and the request unless capped */
static void copy_extack(const struct nlmsgerr *e, char *why, size_t why_len)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)e - 1;
	struct nlattr *attrs[NLMSGERR_ATTR_MAX + 1];
	size_t skip = sizeof(*e);

	if (!why || !why_len || !(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += NLMSG_ALIGN(e->msg.nlmsg_len) - sizeof(e->msg);
	if (nlh->nlmsg_len < NLMSG_HDRLEN + skip)
		return;
	if (nla_parse(attrs, NLMSGERR_ATTR_MAX,
		      (struct nlattr *)((char *)e + skip),
		      (int)(nlh->nlmsg_len - NLMSG_HDRLEN - skip), NULL) < 0)
		return;
	if (attrs[NLMSGERR_ATTR_MSG])
		snprintf(why, why_len, "%.*s",
			 nla_len(attrs[NLMSGERR_ATTR_MSG]),
			 (char *)nla_data(attrs[NLMSGERR_ATTR_MSG]));
}

static int on_error(struct sockaddr_nl *who, struct nlmsgerr *e, void *arg)
{
	struct exchange *x = arg;

	x->err = e->error;
	x->done = true;
	copy_extack(e, x->call->why, x->call->why_len);
	return NL_STOP;
}

static int send_call(struct rad_nl *nl, const struct rad_nl_call *call, u32 *seq)
{
	struct nl_msg *msg = nlmsg_alloc();
	int err = -ENOMEM;

	if (!msg)
		return err;
	if (genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, nl->family, 0,
			NLM_F_REQUEST | NLM_F_ACK | call->nl_flags,
			(uint8_t)call->cmd, RADCLOCK_FAMILY_VERSION) &&
	    !(call->fill && call->fill(msg, call->arg) < 0)) {
		err = nl_send_auto(nl->sk, msg);
		err = err < 0 ? rad_nl_errno(err) : 0;
		*seq = nlmsg_hdr(msg)->nlmsg_seq;
	}
	nlmsg_free(msg);
	return err;
}

static int do_once(struct rad_nl *nl, const struct rad_nl_call *call)
{
	struct exchange x = { .call = call };
	struct nl_cb *cb;
	int err;

	if (call->why && call->why_len)
		call->why[0] = '\0';
	cb = nl_cb_alloc(NL_CB_CUSTOM);
	if (!cb)
		return -ENOMEM;
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, on_seq, &x);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, &x);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_done, &x);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_done, &x);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, &x);

	err = send_call(nl, call, &x.seq);
	while (!err && !x.done) {
		err = rad_nl_errno(nl_recvmsgs(nl->sk, cb));
		if (err == -EINTR)
			err = 0;
	}
	nl_cb_put(cb);
	return x.err ?: err;
}

int rad_nl_do(struct rad_nl *nl, const struct rad_nl_call *call)
{
	int err = do_once(nl, call);

	/* a family that is not there (any more): the module was reloaded? */
	if (err == -ENOENT && !(call->why && call->why[0])) {
		err = resolve(nl);
		if (!err)
			err = do_once(nl, call);
	}
	return err;
}

int rad_nl_handle_do(struct radclock *rc, const struct rad_nl_call *call)
{
	int err = 0;
	KEEP_ERRNO();

	if (!rc->module)
		return -EOPNOTSUPP;
	pthread_mutex_lock(&rc->nl_lock);
	if (!rc->nl)
		err = rad_nl_open(&rc->nl);
	if (!err)
		err = rad_nl_do(rc->nl, call);
	/* an exchange cut short would leave its rest to the next one */
	if (err && rc->nl) {
		rad_nl_close(rc->nl);
		rc->nl = NULL;
	}
	pthread_mutex_unlock(&rc->nl_lock);
	return err;
}
