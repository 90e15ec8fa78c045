/* Interrupts. The handlers set a flag and call one hook, which must be async-signal-safe. */
#ifndef PK_SIG_H
#define PK_SIG_H

#include "base/base.h"

void pk_sig_init(void);         /* SIGINT, SIGTERM, SIGHUP: flag and hook; SIGPIPE ignored, SIGCHLD not */
bool pk_interrupted(void);      /* one of them arrived */
/* Called from the handler; the pg/ folder cancels the running query through it. NULL: none. */
void pk_sig_set_hook(void (*hook)(void *arg), void *arg);

#endif
