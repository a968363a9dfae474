// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counter stamps of NTP packets, for those who subscribe.
 *
 * Two tracepoints see a packet nearest to the driver without touching it: right
 * before ndo_start_xmit(), behind all queueing, and at the start of the
 * receive path. While nobody subscribes they are no-ops patched into the code;
 * while somebody does, other packets cost a look at their ports and nothing is
 * cloned. A matching packet's first bytes go to a ring, and from there to the
 * subscribers by a work item, as a probe may run in any context.
 */
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/rcupdate.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/udp.h>
#include <linux/user_namespace.h>
#include <linux/workqueue.h>
#include <net/ip.h>
#include <net/net_namespace.h>

#include "clock.h"
#include "netlink.h"
#include "stamp.h"

#define MAX_SUBSCRIBERS	64
#define MAX_FROM_USER_NS	32	/* anybody is admin in a namespace of his own */
#define RING_SIZE	256	/* a power of two */
#define RING_FROM_USER_NS	64	/* the rest is the machine's */
#define NTP_MODE(byte)	((byte) & 7)
#define NTP_CLIENT	3
#define NTP_SERVER	4

struct subscriber {
	struct list_head list;
	struct rcu_head rcu;
	struct net *net;	/* lives as long as the subscribing socket */
	u32 portid;
	u16 port;
	bool foreign;
	u64 ring_lost;		/* ring_lost of its kind when it was last told */
	u64 lost;		/* its socket was full */
};

static LIST_HEAD(subscribers);
static DEFINE_MUTEX(subscribers_lock);
static unsigned int n_subscribers;

static struct rad_stamp ring[RING_SIZE];
static unsigned int ring_head, ring_tail, ring_foreign;
static u64 ring_lost[2];	/* of the machine's packets, of foreign ones */
static DEFINE_RAW_SPINLOCK(ring_lock);

static struct irq_work ring_irq;
static struct work_struct ring_work;
static struct workqueue_struct *ring_wq;

static struct tracepoint *tp_out, *tp_in;

/* does anybody want packets of this server port in this namespace? */
static bool wanted(const struct net *net, u16 port)
{
	const struct subscriber *s;
	bool found = false;

	rcu_read_lock();
	list_for_each_entry_rcu(s, &subscribers, list) {
		if (s->net == net && s->port == port) {
			found = true;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

/*
 * Offset of the UDP header, with addresses and ports in @s, or a negative
 * number: no UDP, a fragment, or options that NTP does not have.
 */
static int parse(const struct sk_buff *skb, int offset, __be16 protocol,
		 struct rad_stamp *s)
{
	union {
		struct iphdr v4;
		struct ipv6hdr v6;
	} buf;
	const struct ipv6hdr *v6;
	const struct iphdr *v4;

	switch (protocol) {
	case htons(ETH_P_IP):
		v4 = skb_header_pointer(skb, offset, sizeof(*v4), &buf);
		if (!v4 || v4->version != 4 || v4->ihl < 5 ||
		    v4->protocol != IPPROTO_UDP ||
		    v4->frag_off & htons(IP_MF | IP_OFFSET))
			return -1;
		s->addr_len = 4;
		memcpy(s->source, &v4->saddr, 4);
		memcpy(s->dest, &v4->daddr, 4);
		return offset + v4->ihl * 4;
	case htons(ETH_P_IPV6):
		v6 = skb_header_pointer(skb, offset, sizeof(*v6), &buf);
		if (!v6 || v6->version != 6 || v6->nexthdr != IPPROTO_UDP)
			return -1;
		s->addr_len = 16;
		memcpy(s->source, &v6->saddr, 16);
		memcpy(s->dest, &v6->daddr, 16);
		return offset + sizeof(*v6);
	}
	return -1;
}

/* a tag that is in the packet stands right before the network header */
static __be16 protocol_out(const struct sk_buff *skb)
{
	const __be16 *protocol;
	__be16 buf;

	if (!eth_type_vlan(skb->protocol))
		return skb->protocol;
	protocol = skb_header_pointer(skb, skb_network_offset(skb) - (int)sizeof(buf),
				      sizeof(buf), &buf);
	return protocol ? *protocol : 0;
}

static __be16 skip_vlan(const struct sk_buff *skb, int *offset)
{
	__be16 protocol = skb->protocol;
	const struct vlan_hdr *vlan;
	struct vlan_hdr buf;
	int depth;

	for (depth = 0; depth < 2 && eth_type_vlan(protocol); depth++) {
		vlan = skb_header_pointer(skb, *offset, sizeof(*vlan), &buf);
		if (!vlan)
			return 0;
		*offset += sizeof(*vlan);
		protocol = vlan->h_vlan_encapsulated_proto;
	}
	return protocol;
}

/* of a user namespace where anybody may be admin */
static bool is_foreign(const struct net *net)
{
	return net->user_ns != &init_user_ns;
}

static void push(const struct rad_stamp *s)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ring_lock, flags);
	if (ring_head - ring_tail == RING_SIZE ||
	    (s->foreign && ring_foreign == RING_FROM_USER_NS)) {
		ring_lost[s->foreign]++;
	} else {
		ring[ring_head++ % RING_SIZE] = *s;
		ring_foreign += s->foreign;
	}
	raw_spin_unlock_irqrestore(&ring_lock, flags);
	irq_work_queue(&ring_irq);
}

static void look(const struct sk_buff *skb, const struct net_device *dev,
		 int offset, __be16 protocol, bool out)
{
	const u8 mode = out ? NTP_CLIENT : NTP_SERVER;
	const struct udphdr *udp;
	struct udphdr udp_buf;
	struct rad_stamp s;
	u16 port;

	if (protocol != htons(ETH_P_IP) && protocol != htons(ETH_P_IPV6))
		return;
	offset = parse(skb, offset, protocol, &s);
	if (offset < 0)
		return;
	udp = skb_header_pointer(skb, offset, sizeof(*udp), &udp_buf);
	if (!udp)
		return;
	port = ntohs(out ? udp->dest : udp->source);
	if (!wanted(dev_net(dev), port))
		return;

	/* now, before anything else: this is the stamp */
	rad_clock_stamp(&s.counter, &s.counter_id, &s.disruption_marker);
	if (skb_copy_bits(skb, offset + sizeof(*udp), s.ntp, sizeof(s.ntp)) ||
	    NTP_MODE(s.ntp[0]) != mode)
		return;
	s.direction = out ? RADCLOCK_DIRECTION_OUT : RADCLOCK_DIRECTION_IN;
	s.source_port = ntohs(udp->source);
	s.dest_port = ntohs(udp->dest);
	s.ifindex = dev->ifindex;
	s.net = dev_net(dev);
	s.foreign = is_foreign(s.net);
	push(&s);
}

/* net:net_dev_start_xmit */
static void probe_out(void *data, const struct sk_buff *skb,
		      const struct net_device *dev)
{
	look(skb, dev, skb_network_offset(skb), protocol_out(skb), true);
}

/* net:netif_receive_skb; data points behind the link-layer header */
static void probe_in(void *data, struct sk_buff *skb)
{
	int offset = 0;
	__be16 protocol = skip_vlan(skb, &offset);

	look(skb, skb->dev, offset, protocol, false);
}

static bool pop(struct rad_stamp *s, u64 *lost)
{
	bool some;

	raw_spin_lock_irq(&ring_lock);
	some = ring_head != ring_tail;
	if (some) {
		*s = ring[ring_tail++ % RING_SIZE];
		ring_foreign -= s->foreign;
		*lost = ring_lost[s->foreign];
	}
	raw_spin_unlock_irq(&ring_lock);
	return some;
}

static void deliver(struct work_struct *work)
{
	struct subscriber *sub;
	struct rad_stamp s;
	u64 lost;
	u16 port;

	while (pop(&s, &lost)) {
		port = s.direction == RADCLOCK_DIRECTION_OUT ? s.dest_port :
							       s.source_port;
		mutex_lock(&subscribers_lock);
		list_for_each_entry(sub, &subscribers, list) {
			if (sub->net != s.net || sub->port != port)
				continue;
			if (rad_netlink_send_stamp(sub->net, sub->portid, &s,
						   sub->lost + lost -
						   sub->ring_lost)) {
				sub->lost++;
				continue;
			}
			sub->lost = 0;
			sub->ring_lost = lost;
		}
		mutex_unlock(&subscribers_lock);
	}
}

static void ring_irq_fn(struct irq_work *work)
{
	queue_work(ring_wq, &ring_work);
}

static int start_probes(void)
{
	int err;

	err = tracepoint_probe_register(tp_out, probe_out, NULL);
	if (err)
		return err;
	err = tracepoint_probe_register(tp_in, probe_in, NULL);
	if (err)
		tracepoint_probe_unregister(tp_out, probe_out, NULL);
	return err;
}

static void stop_probes(void)
{
	tracepoint_probe_unregister(tp_in, probe_in, NULL);
	tracepoint_probe_unregister(tp_out, probe_out, NULL);
}

static struct subscriber *find(struct net *net, u32 portid, u16 port)
{
	struct subscriber *s;

	list_for_each_entry(s, &subscribers, list)
		if (s->net == net && s->portid == portid && s->port == port)
			return s;
	return NULL;
}

/**
 * rad_stamp_subscribe() - send stamps to a netlink socket until it closes
 * @net: namespace of the socket
 * @portid: its address
 * @port: NTP server port
 *
 * Return: 0, -EEXIST, -ENOSPC, -ENOMEM; -EOPNOTSUPP: no tracepoints.
 */
int rad_stamp_subscribe(struct net *net, u32 portid, u16 port)
{
	const unsigned int max = is_foreign(net) ? MAX_FROM_USER_NS : MAX_SUBSCRIBERS;
	struct subscriber *s;
	int err = 0;

	if (!tp_out || !tp_in)
		return -EOPNOTSUPP;
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->net = net;
	s->portid = portid;
	s->port = port;
	s->foreign = is_foreign(net);

	mutex_lock(&subscribers_lock);
	if (find(net, portid, port))
		err = -EEXIST;
	else if (n_subscribers >= max)
		err = -ENOSPC;
	else if (!n_subscribers)
		err = start_probes();
	if (!err) {
		raw_spin_lock_irq(&ring_lock);
		s->ring_lost = ring_lost[s->foreign];
		raw_spin_unlock_irq(&ring_lock);
		list_add_tail_rcu(&s->list, &subscribers);
		n_subscribers++;
	}
	mutex_unlock(&subscribers_lock);
	if (err)
		kfree(s);
	return err;
}

/* @net NULL: everybody */
static void unsubscribe(const struct net *net, u32 portid)
{
	struct subscriber *s, *next;

	mutex_lock(&subscribers_lock);
	list_for_each_entry_safe(s, next, &subscribers, list) {
		if (net && (s->net != net || s->portid != portid))
			continue;
		list_del_rcu(&s->list);
		kfree_rcu(s, rcu);
		if (!--n_subscribers)
			stop_probes();
	}
	mutex_unlock(&subscribers_lock);
}

static int on_netlink(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *n = data;

	if (event == NETLINK_URELEASE && n->protocol == NETLINK_GENERIC)
		unsubscribe(n->net, n->portid);
	return NOTIFY_DONE;
}

static struct notifier_block netlink_nb = { .notifier_call = on_netlink };

/* these tracepoints are not exported by name, but they can be found */
static void find_tracepoint(struct tracepoint *tp, void *data)
{
	if (!strcmp(tp->name, "net_dev_start_xmit"))
		tp_out = tp;
	else if (!strcmp(tp->name, "netif_receive_skb"))
		tp_in = tp;
}

int rad_stamp_init(void)
{
	int err;

	/* a flood must not hold up what else is done on its CPU */
	ring_wq = alloc_workqueue("radclock_stamps", WQ_UNBOUND, 1);
	if (!ring_wq)
		return -ENOMEM;
	INIT_WORK(&ring_work, deliver);
	init_irq_work(&ring_irq, ring_irq_fn);
	for_each_kernel_tracepoint(find_tracepoint, NULL);
	err = netlink_register_notifier(&netlink_nb);
	if (err)
		destroy_workqueue(ring_wq);
	return err;
}

void rad_stamp_exit(void)
{
	netlink_unregister_notifier(&netlink_nb);
	unsubscribe(NULL, 0);
	tracepoint_synchronize_unregister();
	irq_work_sync(&ring_irq);
	cancel_work_sync(&ring_work);
	destroy_workqueue(ring_wq);
}
