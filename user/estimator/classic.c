// SPDX-License-Identifier: GPL-2.0-only
/* stub */
#include "internal.h"
size_t classic_size(void){return 0;}
void classic_init(struct classic *c){}
void classic_start(struct rad_estimator *e, const struct rad_stamp *s, const struct edges *d){}
enum rad_feed classic_feed(struct rad_estimator *e, const struct rad_stamp *s, const struct edges *d){return core_feed(e,s,d);}
