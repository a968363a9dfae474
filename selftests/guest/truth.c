// SPDX-License-Identifier: GPL-2.0-only
/*
 * truth: how wrong is radclock really? In the testbed CLOCK_REALTIME is the
 * truth: both clocks are read at one counter value, again and again.
 *
 *	truth [-t SECONDS] [-i MILLISECONDS] [-o FILE] [-q]
 *
 * The last line has the errors' absolute values in ns, and how often one was
 * beyond the bound that radclock promised for it ("broken"), or radclock had no
 * promise to make ("without"):
 *	samples N median X p99 X max X bound X broken N without N
 * bound is the median of the promised bounds. FILE gets a row a sample. Status
 * 1 when a promise was broken or there was no sample.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/radclock.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t stopped;

static void on_signal(int sig)
{
	stopped = 1;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(const double *sorted, size_t n, double q)
{
	return sorted[(size_t)(q * (double)(n - 1) + 0.5)];
}

static double counter_hz(void)
{
	FILE *f = fopen("/sys/kernel/radclock/counter_hz", "r");
	double hz = 0;

	if (f) {
		if (fscanf(f, "%lf", &hz) != 1)
			hz = 0;
		fclose(f);
	}
	return hz > 0 ? hz : 1e9;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	static const char * const words[] = {
		"unsynchronized", "warming", "synchronized", "holdover", "disrupted",
	};
	double seconds = 10, interval = 100, hz, end;
	double *error = NULL, *bound = NULL;
	size_t n = 0, room = 0, broken = 0, without = 0;
	FILE *out = NULL;
	int opt, fd, quiet = 0;

	while ((opt = getopt(argc, argv, "t:i:o:q")) != -1) {
		switch (opt) {
		case 't':
			seconds = atof(optarg);
			break;
		case 'i':
			interval = atof(optarg);
			break;
		case 'o':
			out = fopen(optarg, "w");
			if (!out) {
				perror(optarg);
				return 2;
			}
			break;
		case 'q':
			quiet = 1;
			break;
		default:
			fprintf(stderr, "usage: truth [-t SECONDS] [-i MS] [-o FILE] [-q]\n");
			return 2;
		}
	}
	fd = open("/dev/radclock", O_RDONLY);
	if (fd < 0) {
		perror("/dev/radclock");
		return 1;
	}
	hz = counter_hz();
	if (out)
		fprintf(out, "counter,realtime_ns,error_ns,bound_ns,status,uncertainty_ns\n");
	end = now() + seconds;
	signal(SIGINT, on_signal);	/* enough: say what was seen */
	signal(SIGTERM, on_signal);
	while (now() < end && !stopped) {
		struct timespec ts = {
			.tv_sec = (time_t)(interval / 1000),
			.tv_nsec = (long)(fmod(interval, 1000) * 1e6),
		};
		struct radclock_ioc_reading r = {
			.clock = RADCLOCK_CLOCK_ABSOLUTE,
			.flags = RADCLOCK_READ_CROSS,
		};
		const char *word;
		double err, unsure;

		nanosleep(&ts, NULL);
		if (ioctl(fd, RADCLOCK_IOC_READ, &r)) {
			/* no clock, no promise */
			if (errno != ENODATA && errno != EAGAIN && !quiet)
				fprintf(stderr, "truth: %s\n", strerror(errno));
			without++;
			continue;
		}
		unsure = (double)r.uncertainty / hz * 1e9;
		err = (double)(r.sec - r.realtime_ns / 1000000000) * 1e9 +
		      ldexp((double)r.frac, -64) * 1e9 -
		      (double)(r.realtime_ns % 1000000000);
		word = r.status < 5 ? words[r.status] : "?";
		if (out)
			fprintf(out, "%llu,%lld,%.3f,%llu,%s,%.1f\n",
				(unsigned long long)r.counter, (long long)r.realtime_ns,
				err, (unsigned long long)r.maxerror_ns, word, unsure);
		if (r.status == RADCLOCK_STATUS_UNSYNCHRONIZED ||
		    r.status == RADCLOCK_STATUS_DISRUPTED) {
			without++;
			continue;
		}
		if (n == room) {
			room = room ? room * 2 : 1024;
			error = realloc(error, room * sizeof(*error));
			bound = realloc(bound, room * sizeof(*bound));
			if (!error || !bound)
				return 2;
		}
		error[n] = fabs(err);
		bound[n++] = (double)r.maxerror_ns;
		/* both clocks are rounded to whole ns */
		if (fabs(err) > (double)r.maxerror_ns + unsure + 2) {
			if (!quiet && broken < 10)
				printf("broken: error %.0f ns, bound %llu ns, %s, at counter %llu\n",
				       err, (unsigned long long)r.maxerror_ns, word,
				       (unsigned long long)r.counter);
			broken++;
		}
	}
	if (out)
		fclose(out);
	if (!n) {
		printf("samples 0 median - p99 - max - bound - broken 0 without %zu\n", without);
		return 1;
	}
	qsort(error, n, sizeof(*error), by_value);
	qsort(bound, n, sizeof(*bound), by_value);
	printf("samples %zu median %.0f p99 %.0f max %.0f bound %.0f broken %zu without %zu\n",
	       n, quantile(error, n, 0.5), quantile(error, n, 0.99), error[n - 1],
	       quantile(bound, n, 0.5), broken, without);
	return broken ? 1 : 0;
}
